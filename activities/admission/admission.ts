import { createHash } from 'node:crypto';
import { type Failure, ReleaseError } from '../../domain/failure.js';
import { type Lane, type ReleaseRef, describeRelease, releaseId, releaseWorkflowId } from '../../domain/lane.js';
import { type Plan, weightsOf } from '../../domain/plan.js';
import type { ReleaseResult } from '../../domain/release-state.js';
import type { Weights } from '../../domain/traffic.js';
import type { Ledger, RegisteredRelease, StoredSubmission } from '../ledger/ledger.js';
import type { LivePlan } from './live-plan.js';
import { parseSubmission } from './read-request.js';
import { manifestHash } from './request-schema.js';
import { refuseOutdated } from './tolerance.js';

export interface AdmissionParts {
  readonly ledger: Ledger;
  readonly live: LivePlan;
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

export interface Withdrawal {
  readonly release: ReleaseRef;
  readonly failure: Failure;
}

/** How a release enters its lane, is planned against the live state, and leaves. */
export function createAdmissionActivities(parts: AdmissionParts) {
  const { ledger, live } = parts;
  return {
    async registerRelease(submission: StoredSubmission & { lane: Lane; actor: string }): Promise<Registered> {
      const { lane, manifest, migrations, operations, actor } = submission;
      const content = { manifest, migrations, ...(operations === undefined ? {} : { operations }) };
      const request = parseSubmission(content);
      if (request.lane.environment !== lane.environment || request.lane.service !== lane.service) {
        throw new ReleaseError(
          'manifest-invalid',
          `the manifest is for ${describeRelease(request)}, but was submitted to the lane ${lane.environment}/${lane.service}`,
        );
      }
      const hash = manifestHash(content);
      const { state, outcome, attached } = await ledger.register({
        lane,
        version: request.version,
        manifestHash: hash,
        submission: content,
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
      const { state, planned } = await live.planTraffic(request);
      const schema = 'refusals' in planned ? planned : await live.planSchema(request);
      const refusals = [...schema.refusals, ...(await refuseOutdated(ledger, request))];
      if ('refusals' in planned || refusals.length > 0) {
        throw new ReleaseError('plan-refused', refusals.join('\n'));
      }
      const frozen = { request, plan: planned.plan, planHash: planHash(planned.plan) };
      const { plan, generation } = await ledger.begin(release, frozen, await live.readGeneration(request));
      return { plan, generation, weights: weightsOf(request, state.rule) };
    },

    /** Takes it out of the queue; false when it has begun or ended by then. */
    async withdrawRelease({ release, failure }: Withdrawal): Promise<boolean> {
      return ledger.withdraw(release, failure);
    },

    async endRelease(result: ReleaseResult): Promise<void> {
      await ledger.end(result);
    },
  };
}

function planHash(plan: Plan): string {
  return createHash('sha256').update(JSON.stringify(plan)).digest('hex');
}
