import type { Finding } from '../domain/doctor/doctor.js';
import type { Failure } from '../domain/failure.js';
import type { History, PastRelease } from '../domain/history.js';
import type { Lane } from '../domain/lane.js';
import type { LogEvent } from '../domain/log.js';
import type { MigrationPhase } from '../domain/migration.js';
import type { Preview } from '../domain/preview.js';
import type { CanaryStep } from '../domain/release-request.js';
import type { Outcome, ReleaseStatus } from '../domain/release-state.js';
import type { SetupItem } from '../domain/setup.js';
import type { LaneStatus, SubmitAnswer } from '../workflows/messages.js';
import type { ExitName } from './exit-codes.js';
import type { LocatedProblem } from './located-problem.js';
import type { Pending } from './pending.js';

// The shapes of `--json`: one document on stdout. Times are epoch milliseconds.

/** `release`, and the end of `watch`. */
export interface ReleaseReport extends Partial<Pick<SubmitAnswer, 'releaseId' | 'manifestHash' | 'attached'>> {
  readonly environment: string;
  readonly service: string;
  readonly version: string;
  readonly workflowId: string;
  /** `queued` and `running` without `--wait`; the rest is how it ended, or that the waiting did. */
  readonly state: 'queued' | 'running' | 'ended' | 'needs-operator' | 'detached';
  readonly outcome?: Outcome;
  readonly failure?: Failure;
  readonly trafficBackMs?: number;
  /** The last answer of the run, where it was watched. */
  readonly status?: ReleaseStatus;
  /** The run in Temporal's UI, where its address is known. */
  readonly ui?: string;
}

/** `status <environment>/<service>/<version>` */
export interface StatusReport {
  readonly environment: string;
  readonly service: string;
  readonly version: string;
  readonly workflowId: string;
  readonly state: 'queued' | 'running' | 'ended' | 'broken';
  /** `worker`: asked now. `recorded`: no worker answered; this is what the run last wrote down. */
  readonly source: 'worker' | 'recorded';
  readonly status?: ReleaseStatus;
  readonly recorded?: Recorded;
  /** Of a run that is on. */
  readonly pending?: readonly Pending[];
  readonly outcome?: Outcome;
  readonly failure?: Failure;
  readonly ui?: string;
}

/** What Temporal itself knows of a run, with every worker down. */
export interface Recorded {
  readonly startedAt: number;
  readonly searchAttributes: Readonly<Record<string, unknown>>;
  readonly memo: Readonly<Record<string, unknown>>;
}

/** `status <environment>/<service>` */
export interface LaneReport extends Partial<LaneStatus> {
  readonly lane: LaneStatus['lane'];
  readonly workflowId: string;
  readonly source: 'worker' | 'recorded';
  /** Those that have begun and not ended, as without a target. */
  readonly releases: readonly OpenRelease[];
  /** Of the lane's own run. */
  readonly recorded?: Recorded;
  readonly ui?: string;
}

/** `status` without a target: all lanes in which anything is open. */
export interface OverviewReport {
  /** In the order of their names. */
  readonly lanes: readonly LaneWork[];
  /** There is more than was read. */
  readonly more: boolean;
}

export interface LaneWork extends Lane {
  /** Those that have begun and not ended: one at most, but for a lane that was taken apart by hand. */
  readonly releases: readonly OpenRelease[];
  /** Versions that wait, next first. Absent where no worker answered for the lane. */
  readonly queued?: readonly string[];
}

export interface OpenRelease {
  readonly version: string;
  /** `begins`: its lane has taken it up, and its run is not there yet. `lost`: its run has ended without a result, and no recovery has taken over yet. */
  readonly state: 'running' | 'begins' | 'lost';
  /** The run that is open, and what it last wrote down; both of one that is `running`. */
  readonly workflowId?: string;
  readonly recorded?: Recorded;
}

/** `pause`, `tune`, `resume`, `abort`, `rollback`, `retry`, `skip`, `approve` */
export interface ControlReport {
  readonly command: string;
  readonly environment: string;
  readonly service: string;
  readonly version: string;
  readonly workflowId: string;
  readonly actor: string;
  readonly reason: string;
  readonly requestId: string;
  /** Of `approve`, `retry` and `skip`: what it was said to. */
  readonly gate?: string;
  /** What will happen, in one sentence. */
  readonly effect: string;
}

/** `validate`: how the manifest was understood. */
export interface ValidationReport extends Lane {
  readonly version: string;
  /** The same as `release` answers, and as the ledger keeps. */
  readonly manifestHash: string;
  readonly files: readonly string[];
  readonly image: string;
  readonly desiredCount: number;
  readonly canary: readonly CanaryStep[];
  /** Names of the files of each phase, undo files included. */
  readonly migrations: Readonly<Record<MigrationPhase, readonly string[]>>;
  /** Names of files of operations, which have all phases; empty where there are SQL files, or none. */
  readonly operations: readonly string[];
  /** What `init` has marked with CHANGE and is still marked; empty where nothing is. */
  readonly open: readonly OpenPoint[];
}

/** A line that a person has to settle before a release. */
export interface OpenPoint {
  readonly file: string;
  /** From 1. */
  readonly line: number;
  /** What there is to settle. */
  readonly open: string;
}

/** `plan`. With `refusals` it exits with 3. */
export interface PlanReport extends Lane, Preview {
  readonly version: string;
}

/** `history <environment>/<service>` */
export interface HistoryReport extends Lane, History {}

/** `logs <environment>/<service>/<version>` */
export interface LogReport extends Lane, PastRelease {
  /** In the order of time. */
  readonly events: readonly LogEvent[];
  /** What is not among the events, and why: each a sentence. */
  readonly missing: readonly string[];
}

/** `doctor` */
export interface DoctorReport {
  /** Nothing is broken. */
  readonly healthy: boolean;
  readonly findings: readonly Finding[];
}

/** `init` */
export interface InitReport {
  readonly file: string;
  /** What is marked with CHANGE in it, one sentence each. */
  readonly open: readonly string[];
}

/** `setup` */
export interface SetupReport {
  readonly items: readonly SetupItem[];
}

/** `completion` */
export interface CompletionReport {
  readonly shell: string;
  readonly script: string;
}

/** Any command that could not do what it was asked for. */
export interface ErrorReport {
  readonly error: {
    readonly code: string;
    readonly message: string;
    readonly remedy: string;
    readonly problems?: readonly LocatedProblem[];
  };
  readonly exitCode: number;
}

/** What a command hands to `run`: the document for `--json`, the text for people, and how to exit. */
export interface Report<Document extends object = object> {
  readonly exit: ExitName;
  readonly document: Document;
  readonly text: string;
}
