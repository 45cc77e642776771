import type { EffectRecord } from './effect.js';
import type { Failure } from './failure.js';
import type { Lane } from './lane.js';
import type { Plan } from './plan.js';
import type { Outcome } from './release-state.js';

/** A release as the ledger remembers it. Times are epoch milliseconds of the ledger's clock. */
export interface PastRelease {
  readonly version: string;
  /** `queued`: it waits in its lane. */
  readonly state: 'queued' | 'running' | 'ended';
  readonly outcome?: Outcome;
  /** Why, for everything but `released`. */
  readonly failure?: Failure;
  /** Who submitted it. */
  readonly actor: string;
  readonly submittedAt: number;
  /** When its plan was frozen; absent while it waits, and for one that was refused. */
  readonly startedAt?: number;
  readonly endedAt?: number;
}

export interface HistoryQuestion {
  readonly lane: Lane;
  /** How many releases at most, newest first. */
  readonly limit: number;
}

export interface History {
  readonly releases: readonly PastRelease[];
  /** There are older ones, which the limit left out. */
  readonly more: boolean;
}

/** Everything the ledger holds of one release. */
export interface ReleaseRecord {
  readonly release: PastRelease;
  /** As it was frozen; absent before that, and for a release that was refused. */
  readonly plan?: Plan;
  /** In the order in which their intents were written, those of ways back included. */
  readonly effects: readonly TimedEffect[];
}

export interface TimedEffect extends EffectRecord {
  readonly intendedAt: number;
  /** When it was read back, or taken over by hand. */
  readonly settledAt?: number;
}
