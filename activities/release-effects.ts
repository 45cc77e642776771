import {
  applyMigrations,
  deployVersion,
  pointTestRule,
  provideService,
  registerRevision,
  resizeService,
  shiftTraffic,
} from '../domain/changes.js';
import type { Change } from '../domain/effect.js';
import { ReleaseError } from '../domain/failure.js';
import type { ReleaseRef } from '../domain/lane.js';
import type { MigrationPhase } from '../domain/migration.js';
import type { Plan } from '../domain/plan.js';
import type { ReleaseRequest } from '../domain/release-request.js';
import type { Weights } from '../domain/traffic.js';
import { parseSubmission } from './admission/read-request.js';
import { type EffectTools, applyEffect } from './effect.js';
import { actContext } from './progress.js';
import type { WorkloadHost } from './workload/workload-host.js';

/** What every effect activity is told; the rest is in the ledger. */
export interface EffectCommand {
  readonly release: ReleaseRef;
  readonly generation: number;
}

export interface ShiftCommand extends EffectCommand {
  /** `shift/5` or `cut-over`. */
  readonly name: string;
  /** Share of the new version, 1..100. */
  readonly percent: number;
  /** The rule as last read back; anything else is `traffic-drift`. */
  readonly believed: Weights;
}

/** The forward effects of the runbook, one activity each, all through the one effect function. */
export function createEffectActivities(tools: EffectTools, host: WorkloadHost) {
  return {
    /** Task definition, service and test rule of the idle colour. Answers with the task definition. */
    async provision(command: EffectCommand): Promise<string> {
      const { request, plan } = await readFrozen(command.release);
      await apply(command, 'provision/revision', registerRevision(request));
      const revision = await host.findRevision(registerRevision(request));
      if (revision === undefined)
        throw new ReleaseError('not-in-effect', 'the task definition just registered is not listed');
      // The rule comes before the service: a target group that no rule uses cannot be attached, and is never healthy.
      await apply(command, 'provision/test-rule', pointTestRule(request, plan));
      const existing = await host.readService(resizeService(request, plan.idle, revision, 0));
      if (existing === null) await apply(command, 'provision/service', provideService(request, plan.idle, revision));
      return revision;
    },

    async migrate(command: EffectCommand & { readonly phase: MigrationPhase }): Promise<void> {
      const { request } = await readFrozen(command.release);
      await apply(command, command.phase, applyMigrations(request, command.phase));
    },

    async deploy(command: EffectCommand & { readonly revision: string }): Promise<void> {
      const { request, plan } = await readFrozen(command.release);
      await apply(command, 'deploy', deployVersion(request, plan, command.revision));
    },

    /** Answers with the rule as read back. */
    async shift(command: ShiftCommand): Promise<Weights> {
      const { request, plan } = await readFrozen(command.release);
      const change = shiftTraffic(request, plan, command.percent);
      await apply(command, command.name, change, command.believed);
      return change.state;
    },

    /** The old colour goes to 0 tasks. */
    async retire(command: EffectCommand): Promise<void> {
      const { request, plan } = await readFrozen(command.release);
      const service = { cluster: request.workload.cluster, service: request.workload.colours[plan.live].service };
      const found = await host.readService(service);
      // A live colour that was never an ECS service of ours has nothing to retire.
      if (found === null) return;
      await apply(command, 'retire', resizeService(request, plan.live, found.taskDefinitionArn, 0));
    },
  };

  async function apply(command: EffectCommand, name: string, change: Change, believed?: Weights): Promise<void> {
    const context = actContext(command.release, command.generation);
    await applyEffect(tools, { name, change, ...(believed === undefined ? {} : { believed }) }, context);
  }

  async function readFrozen(release: ReleaseRef): Promise<{ request: ReleaseRequest; plan: Plan }> {
    const { submission, plan } = await tools.ledger.readRelease(release);
    if (plan === undefined)
      throw new ReleaseError('release-unknown', 'the release has no frozen plan: it was not admitted');
    return { request: parseSubmission(submission), plan };
  }
}
