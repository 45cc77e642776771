import { setTimeout as sleep } from 'node:timers/promises';
import { type LiveState, type Planned, planRelease } from '../../domain/plan.js';
import type { ReleaseRequest } from '../../domain/release-request.js';
import { migrationOf } from '../database/schema-actuator.js';
import type { SchemaEngine, SchemaPlan } from '../database/schema-engine.js';
import type { PlatformOf } from '../platform.js';
import type { Secrets } from '../secrets.js';
import { readLiveState } from './live-state.js';

export interface LivePlanParts {
  readonly platformOf: PlatformOf;
  readonly engine: SchemaEngine;
  readonly secrets: Secrets;
}

/** A plan, and the state of the world it was made against. */
interface PlannedAgainst {
  readonly state: LiveState;
  readonly planned: Planned;
}

const looks = 4;
const lookPauseMs = 500;

/** What a request means against the live state of now. Reads only. */
export function createLivePlan({ platformOf, engine, secrets }: LivePlanParts) {
  return {
    planTraffic: (request: ReleaseRequest) => planTraffic(request, looks),

    async planSchema(request: ReleaseRequest): Promise<SchemaPlan> {
      if (request.database === undefined) return { pending: { expand: [], backfill: [], contract: [] }, refusals: [] };
      return engine.plan(migrationOf(request, secrets));
    },

    /** The latest generation that the request's database has seen; 0 without one. */
    async readGeneration(request: ReleaseRequest): Promise<number> {
      return request.database === undefined ? 0 : engine.readGeneration(migrationOf(request, secrets));
    },
  };

  /** Looks again before it refuses: right after the release before this one, the rule's answer may be a stale copy. */
  async function planTraffic(request: ReleaseRequest, looksLeft: number): Promise<PlannedAgainst> {
    const state = await readLiveState(platformOf(request), request);
    const planned = planRelease(request, state);
    if ('plan' in planned || looksLeft <= 1) return { state, planned };
    await sleep(lookPauseMs);
    return planTraffic(request, looksLeft - 1);
  }
}

export type LivePlan = ReturnType<typeof createLivePlan>;
