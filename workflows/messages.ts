import { defineQuery, defineSignal, defineUpdate } from '@temporalio/workflow';
import type { BackfillNews } from '../domain/backfill-news.js';
import type { Failure } from '../domain/failure.js';
import type { WorkerFacts } from '../domain/doctor/facts.js';
import type { History, HistoryQuestion, ReleaseRecord } from '../domain/history.js';
import type { LiveService, LiveServiceQuestion } from '../domain/live-service.js';
import type { Outcome, ReleaseStatus } from '../domain/release-state.js';
import type { Lane, ReleaseRef } from '../domain/lane.js';
import type { MigrationFile, OperationFile } from '../domain/migration.js';
import type { PlanQuestion, Preview } from '../domain/preview.js';

import type { TunedFile, TuningOrder } from '../domain/tuning.js';
import { progressSignalName } from '../domain/wire-names.js';

export { laneWorkflowType } from '../domain/wire-names.js';

// Names on the wire are the constants without their suffix. Signals are stored by the server with every worker down;
// updates and queries need a worker.

/** Who says something, why, and an id that makes saying it twice the same as once. */
export interface Control {
  readonly actor: string;
  readonly reason: string;
  readonly requestId: string;
}

/** Holds at the next safe point; never stops an undo. */
export const pauseSignal = defineSignal<[Control]>('pause');
export const resumeSignal = defineSignal<[Control]>('resume');
/** Takes the way back, at once. After the point of no return it is noted and refused. */
export const abortSignal = defineSignal<[Control]>('abort');
/** Says what to do about a broken step. */
export interface Answer extends Control {
  /** The step it is about; noted and refused when another one waits by then. Whatever waits, when absent. */
  readonly gate?: string;
}

/** Tries the broken step again, when the release needs an operator. */
export const retrySignal = defineSignal<[Answer]>('retry');
/** Goes on without the broken step, which somebody has done by hand. */
export const skipSignal = defineSignal<[Answer]>('skip');

export interface Approval extends Control {
  /** The gate that is approved; one that is not open is refused. */
  readonly gate: string;
}

export const approveUpdate = defineUpdate<{ readonly gate: string }, [Approval]>('approve');

export interface Retuning extends Control, Pick<TuningOrder, 'tuning' | 'reset'> {}

/**
 * Makes the backfill of the release gentler or faster, while it runs and before; answers with what was in force and what is
 * now. Refused without a backfill, and once it is done or the release goes back.
 */
export const tuneUpdate = defineUpdate<readonly TunedFile[], [Retuning]>('tune');

/** The type of its failure when it may have been written all the same. To say it again does no harm. */
export const tuneUnanswered = 'tune-unanswered';

/** Of the activity that fills rows, now and then. */
export const progressSignal = defineSignal<[BackfillNews]>(progressSignalName);

export const statusQuery = defineQuery<ReleaseStatus>('status');

/** A release as CI hands it to the lane. The only message that carries file contents. */
export interface Submission {
  readonly lane: Lane;
  /** The manifest as parsed YAML; parsed again against the schema on arrival. */
  readonly manifest: unknown;
  readonly migrations: readonly MigrationFile[];
  readonly operations?: readonly OperationFile[];
  readonly actor: string;
  readonly requestId: string;
}

export interface SubmitAnswer {
  readonly releaseId: string;
  readonly version: string;
  readonly workflowId: string;
  /** Of the admitted content: a client whose own differs was answered for other content. */
  readonly manifestHash: string;
  readonly state: 'queued' | 'running' | 'ended';
  readonly outcome?: Outcome;
  /** The release was there already; nothing was started twice. */
  readonly attached: boolean;
}

/**
 * Queues a release in its lane. Fails with `manifest-invalid` or `release-changed` (both hashes in the message);
 * a repeat of a release that is queued, running or ended attaches to it.
 */
export const submitUpdate = defineUpdate<SubmitAnswer, [Submission]>('submit');

export interface LaneStatus {
  readonly lane: Lane;
  /** Version of the release that is running. */
  readonly running?: string;
  /** Versions waiting, next first. */
  readonly queued: readonly string[];
}

export interface Withdrawal extends Control {
  readonly lane: Lane;
  readonly version: string;
}

/**
 * Takes a release out of the lane's queue before it begins: it ends `refused` with the code `aborted`. Answers with
 * whether it did; a release that is running, or has ended, is left alone.
 */
export const withdrawUpdate = defineUpdate<{ readonly withdrawn: boolean }, [Withdrawal]>('withdraw');

export const laneStatusQuery = defineQuery<LaneStatus>('laneStatus');

/**
 * What a client asks a worker, since it may talk to Temporal alone. Each question is a short workflow of that type, which
 * runs one reading activity and changes nothing.
 */
export interface Questions {
  readonly history: { readonly asked: HistoryQuestion; readonly answer: History };
  readonly plan: { readonly asked: PlanQuestion; readonly answer: Preview };
  /** With a manifest, as parsed YAML, what a release of it would touch as well. */
  readonly checkup: { readonly asked: { readonly manifest?: unknown }; readonly answer: WorkerFacts };
  readonly liveService: { readonly asked: LiveServiceQuestion; readonly answer: LiveService };
  readonly releaseLog: { readonly asked: ReleaseRef; readonly answer: ReleaseRecord };
}

export type QuestionName = keyof Questions;

/** A failure of the table is an answer as well: a failed run in Temporal means that sluice itself broke. */
export type Answered<T> = { readonly answer: T } | { readonly failure: Failure };
