import { createHash } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { ReleaseError } from '../../domain/failure.js';
import { type Lane, type ReleaseRef, describeRelease, releaseId, releaseWorkflowId } from '../../domain/lane.js';
import { type Plan, type Planned, planRelease } from '../../domain/plan.js';
import type { ReleaseRequest } from '../../domain/release-request.js';
import type { ReleaseResult } from '../../domain/release-state.js';
import { targetGroups } from '../../domain/changes.js';
import type { Weights } from '../../domain/traffic.js';
import { type Migration, type SchemaEngine } from '../database/schema-engine.js';
import type { Ledger, RegisteredRelease, StoredSubmission } from '../ledger/ledger.js';
import type { TrafficRouter } from '../traffic/traffic-router.js';
import { parseSubmission } from './read-request.js';
import { manifestHash } from './request-schema.js';

export interface AdmissionParts {
  readonly ledger: Ledger;
  readonly router: TrafficRouter;
  readonly engine: SchemaEngine;
  readonly readMigration: (release: ReleaseRef) => Promise<Migration>;
}

export interface Registered {
  readonly releaseId: string;
  readonly version: string;
  readonly workflowId: string;
  readonly manifestHash: string;
  readonly state: RegisteredRelease['state'];
  readonly outcome?: NonNullable<RegisteredRelease['outcome']>;
  readonly attached: boolean;
}

export interface Admitted {
  readonly plan: Plan;
  readonly generation: number;
  readonly weights: Weights;
}

/** How a release enters its lane, is planned against the live state, and leaves. */
export function createAdmissionActivities(parts: AdmissionParts) {
  const { ledger, router } = parts;
  return {
    async registerRelease(submission: StoredSubmission & { lane: Lane; actor: string }): Promise<Registered> {
      const { lane, manifest, migrations, actor } = submission;
      const request = parseSubmission({ manifest, migrations });
      if (request.lane.environment !== lane.environment || request.lane.service !== lane.service) {
        throw new ReleaseError(
          'manifest-invalid',
          `the manifest is for ${describeRelease(request)}, but was submitted to the lane ${lane.environment}/${lane.service}`,
        );
      }
      const hash = manifestHash({ manifest, migrations });
      const { state, outcome, attached } = await ledger.register({
        lane,
        version: request.version,
        manifestHash: hash,
        submission: { manifest, migrations },
        actor,
      });
      return {
        releaseId: releaseId(lane.service, request.version),
        version: request.version,
        workflowId: releaseWorkflowId(lane, request.version),
        manifestHash: hash,
        state,
        ...(outcome === undefined ? {} : { outcome }),
        attached,
      };
    },

    async openReleases(lane: Lane): Promise<readonly RegisteredRelease[]> {
      return ledger.openReleases(lane);
    },

    /** Plans against today's live state and freezes the plan; `plan-refused` names every reason and changes nothing. */
    async admit(release: ReleaseRef): Promise<Admitted> {
      const request = parseSubmission((await ledger.readRelease(release)).submission);
      const { weights, planned } = await planAgainstLive(request, looks);
      const refusals = 'refusals' in planned ? planned.refusals : await refuseMigrations(request);
      if ('refusals' in planned || refusals.length > 0) {
        throw new ReleaseError('plan-refused', refusals.join('\n'));
      }
      const { plan, generation } = await ledger.begin(release, planned.plan, planHash(planned.plan));
      return { plan, generation, weights };
    },

    async endRelease(result: ReleaseResult): Promise<void> {
      await ledger.end(result);
    },
  };

  /** Looks again before it refuses: right after the release before this one, the rule's answer may be a stale copy. */
  async function planAgainstLive(
    request: ReleaseRequest,
    looksLeft: number,
  ): Promise<{ readonly weights: Weights; readonly planned: Planned }> {
    const { weights: byArn, stickinessSeconds } = await router.readRule(request.traffic.ruleArn);
    const groups = targetGroups(request);
    const weights = { blue: byArn[groups.blue] ?? 0, green: byArn[groups.green] ?? 0 };
    const planned = planRelease(request, { weights, stickinessSeconds, ruleTargetGroups: Object.keys(byArn) });
    if ('plan' in planned || looksLeft <= 1) return { weights, planned };
    await sleep(lookPauseMs);
    return planAgainstLive(request, looksLeft - 1);
  }

  async function refuseMigrations(request: ReleaseRequest): Promise<readonly string[]> {
    if (request.database === undefined) return [];
    const migration = await parts.readMigration(request);
    return (await parts.engine.plan(migration)).refusals;
  }
}

const looks = 4;
const lookPauseMs = 500;

function planHash(plan: Plan): string {
  return createHash('sha256').update(JSON.stringify(plan)).digest('hex');
}
