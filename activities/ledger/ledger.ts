import type { Change, EffectRecord, EffectStatus } from '../../domain/effect.js';
import type { Failure } from '../../domain/failure.js';
import type { PastRelease, ReleaseRecord } from '../../domain/history.js';
import type { Lane, ReleaseRef } from '../../domain/lane.js';
import type { Plan } from '../../domain/plan.js';
import type { ReleaseRequest } from '../../domain/release-request.js';
import type { Outcome, ReleaseResult } from '../../domain/release-state.js';
import type { MigrationFile, OperationFile } from '../../domain/migration.js';

/** The truth that survives any run. Every method is one statement or one transaction; `ledger-unreachable` when it cannot be asked. */
export interface Ledger {
  /** Puts a release into its lane, or finds it there. Content that differs from what was admitted is `release-changed`. */
  register(registration: Registration): Promise<RegisteredRelease>;
  /** The releases that have not ended, oldest first; of all lanes when none is given. */
  openReleases(lane?: Lane): Promise<readonly RegisteredRelease[]>;
  /** The releases of a lane, newest first, at most `limit`; none for a lane that nobody has released into. */
  history(lane: Lane, limit: number): Promise<readonly PastRelease[]>;
  /**
   * Of the contracts in the lane, the one that goes with the latest versions only, and the last release of the image there;
   * `undefined` when nothing was contracted. What a contract that did not end has removed, nobody can tell from here.
   */
  tolerated(lane: Lane, image: string): Promise<Tolerated | undefined>;
  /** A release and its effects with their times; two statements, so the effects may be a moment newer. `release-unknown` when there is none. */
  readRecord(release: ReleaseRef): Promise<ReleaseRecord>;
  /** What was submitted, and request and plan once they are frozen. `release-unknown` when there is no such release. */
  readRelease(release: ReleaseRef): Promise<LedgerRelease>;
  /**
   * Freezes request and plan and takes the lane's next generation; a repeat answers with what was frozen first. `seen` as of
   * `takeGeneration`.
   */
  begin(
    release: ReleaseRef,
    frozen: Frozen,
    seen?: number,
  ): Promise<{ readonly plan: Plan; readonly generation: number }>;
  end(result: ReleaseResult): Promise<void>;
  /** Ends it as `refused` unless it has begun; whether it did. A repeat answers as the first time. */
  withdraw(release: ReleaseRef, failure: Failure): Promise<boolean>;

  /**
   * Fences all earlier effects of the lane. `seen`: a generation that was met elsewhere, which a ledger restored from a
   * backup may not know of; the one taken is later. Default: 0.
   */
  takeGeneration(lane: Lane, seen?: number): Promise<number>;
  /** `fenced` unless the lane still is in this generation. */
  checkGeneration(lane: Lane, generation: number): Promise<void>;

  findEffect(release: ReleaseRef, name: string): Promise<EffectRecord | undefined>;
  /** Writes the intent with the saved pre-state, or finds the one that is there: the first pre-state is never overwritten. */
  recordIntent(release: ReleaseRef, intent: Intent): Promise<EffectRecord>;
  recordOutcome(
    release: ReleaseRef,
    name: string,
    status: Exclude<EffectStatus, 'intent'>,
    note?: string,
  ): Promise<void>;
  readEffects(release: ReleaseRef): Promise<readonly EffectRecord[]>;
}

export interface Tolerated {
  /** The version whose release contracted. */
  readonly contractedBy: string;
  /** The oldest version that works since then. */
  readonly oldest: string;
  /** The version that the image was last released as, when that was before `oldest`. */
  readonly olderImageOf?: string;
}

export interface Registration extends ReleaseRef {
  readonly manifestHash: string;
  readonly submission: StoredSubmission;
  readonly actor: string;
}

/** What is held to from admission on, whatever a later program would make of the manifest. */
export interface Frozen {
  readonly request: ReleaseRequest;
  readonly plan: Plan;
  readonly planHash: string;
}

/** What the plan is made from; validated whenever it is read, until it is frozen. */
export interface StoredSubmission {
  readonly manifest: unknown;
  readonly migrations: readonly MigrationFile[];
  readonly operations?: readonly OperationFile[];
}

export interface RegisteredRelease extends ReleaseRef {
  readonly manifestHash: string;
  /** Who submitted it first. */
  readonly actor: string;
  readonly state: 'queued' | 'running' | 'ended';
  readonly outcome?: Outcome;
  /** It was there before this call. */
  readonly attached: boolean;
}

export interface LedgerRelease extends RegisteredRelease {
  readonly submission: StoredSubmission;
  readonly request?: ReleaseRequest;
  readonly plan?: Plan;
  readonly generation?: number;
}

export interface Intent {
  readonly name: string;
  readonly generation: number;
  readonly change: Change;
  readonly before: Change;
}
