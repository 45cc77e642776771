import { Context } from '@temporalio/activity';
import {
  applyMigrations,
  closeOld,
  deployVersion,
  pointTestRule,
  provideService,
  registerRevision,
  resizeService,
  shiftTraffic,
} from '../domain/changes.js';
import { type Change, hasBegun } from '../domain/effect.js';
import { ReleaseError } from '../domain/failure.js';
import type { ReleaseRef } from '../domain/lane.js';
import type { MigrationPhase } from '../domain/migration.js';
import type { Plan } from '../domain/plan.js';
import { describeSoftContract } from '../domain/schema-change.js';
import type { ReleaseRequest } from '../domain/release-request.js';
import type { Weights } from '../domain/traffic.js';
import { requestOf } from './admission/read-request.js';
import { againstContract } from './contract-evidence.js';
import type { Migration, PhaseProgress, SchemaEngine } from './database/schema-engine.js';
import { type EffectTools, applyEffect } from './effect.js';
import type { PlatformOf } from './platform.js';
import type { Presence } from './presence.js';
import { actContext, reportProgress } from './progress.js';

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

export interface EffectParts {
  readonly platformOf: PlatformOf;
  readonly presence: Presence;
  readonly engine: SchemaEngine;
  readonly readMigration: (release: ReleaseRef) => Promise<Migration>;
}

interface Frozen {
  readonly request: ReleaseRequest;
  readonly plan: Plan;
}

/** The forward effects of the runbook, one activity each, all through the one effect function. */
export function createEffectActivities(tools: EffectTools, parts: EffectParts) {
  const { platformOf } = parts;
  return {
    /** Task definition, service and test rule of the idle colour. Answers with the task definition. */
    async provision(command: EffectCommand): Promise<string> {
      const { request, plan } = await readFrozen(command.release);
      const { host } = platformOf(request);
      const change = registerRevision(request, plan);
      await apply(command, 'provision/revision', change);
      const revision = await host.findRevision(change);
      if (revision === undefined)
        throw new ReleaseError('not-in-effect', 'the task definition just registered is not listed');
      // The rule comes before the service: a target group that no rule uses cannot be attached, and is never healthy.
      await apply(command, 'provision/test-rule', pointTestRule(request, plan));
      const service = provideService(request, plan.idle, revision);
      const known = await tools.ledger.findEffect(command.release, 'provision/service');
      if (known !== undefined || (await host.readService(service)) === null) {
        await apply(command, 'provision/service', service);
      }
      return revision;
    },

    async migrate(command: EffectCommand & { readonly phase: MigrationPhase }): Promise<void> {
      const frozen = await readFrozen(command.release);
      const change = applyMigrations(frozen.request, command.phase);
      if (command.phase === 'contract') await requireEvidence(command, frozen);
      await apply(command, command.phase, change);
      // Every time, also when an earlier attempt has recorded the phase as done and died before it had looked.
      if (command.phase === 'backfill') await requireVerified(command.release);
    },

    /** The soft contract, refused like the one that comes after it. Answers with whom it keeps out, and whom it cannot. */
    async closeOld(command: EffectCommand): Promise<string> {
      const frozen = await readFrozen(command.release);
      await refuseEvidence(command.release, frozen);
      await apply(command, 'soft-contract', closeOld);
      const migration = await parts.readMigration(command.release);
      return describeSoftContract((await parts.engine.plan(migration)).softContract);
    },

    /** At the end of its wait: how many of what was closed somebody has given the rights back to since. */
    async countReopened(release: ReleaseRef): Promise<number> {
      return (await parts.engine.readClosed(await parts.readMigration(release))).left;
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
      const found = await platformOf(request).host.readService(service);
      // A live colour that was never an ECS service of ours has nothing to retire.
      if (found === null) return;
      await apply(command, 'retire', resizeService(request, plan.live, found.taskDefinitionArn, 0));
    },
  };

  /** Looked at again right before the first statement, however long ago it was proven; once begun, contract only goes on. */
  async function requireEvidence({ release, generation }: EffectCommand, { request, plan }: Frozen): Promise<void> {
    const migration = await parts.readMigration(release);
    const context = actContext(release, generation);
    const known = await tools.ledger.findEffect(release, 'contract');
    if (known !== undefined && hasBegun(known, await parts.engine.contractBegun(migration, context))) return;
    await refuseEvidence(release, { request, plan });
  }

  async function refuseEvidence(release: ReleaseRef, { request, plan }: Frozen): Promise<void> {
    const migration = await parts.readMigration(release);
    const { reasons, unseen } = await againstContract({ ...parts, request, migration, old: plan.live });
    if (reasons.length > 0) throw new ReleaseError('contract-evidence-missing', [...reasons, ...unseen].join('; '));
  }

  async function requireVerified(release: ReleaseRef): Promise<void> {
    const { cancellationSignal } = Context.current();
    const onProgress = ({ file, detail }: PhaseProgress) => reportProgress(`${file}: ${detail}`);
    const run = { signal: cancellationSignal, onProgress };
    const left = await parts.engine.verify(await parts.readMigration(release), run);
    if (left > 0) throw new ReleaseError('migration-failed', `${left} rows are not filled after the backfill`);
  }

  async function apply(command: EffectCommand, name: string, change: Change, believed?: Weights): Promise<void> {
    const context = actContext(command.release, command.generation);
    await applyEffect(tools, { name, change, ...(believed === undefined ? {} : { believed }) }, context);
  }

  async function readFrozen(release: ReleaseRef): Promise<Frozen> {
    const known = await tools.ledger.readRelease(release);
    const { plan } = known;
    if (plan === undefined)
      throw new ReleaseError('release-unknown', 'the release has no frozen plan: it was not admitted');
    return { request: requestOf(known), plan };
  }
}
