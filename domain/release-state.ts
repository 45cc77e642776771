import type { BackfillNews } from './backfill-news.js';
import type { Colour } from './colour.js';
import type { Failure } from './failure.js';
import type { ReleaseRef } from './lane.js';
import type { Weights } from './traffic.js';
import type { Verdict } from './verdict.js';

/** Where a release stands, in the words of the runbook. */
export const phases = [
  'admit',
  'provision',
  'expand',
  'backfill',
  'deploy',
  'smoke',
  'canary',
  'cut-over',
  'keep-warm',
  'retire',
  'soft-contract',
  'contract',
  'roll-back',
  'needs-operator',
  'ended',
] as const;

export type Phase = (typeof phases)[number];

/** How a release ends. `refused`: it was never started, nothing was changed. */
export type Outcome = 'released' | 'rolled-back' | 'needs-operator' | 'refused';

export interface ReleaseResult extends ReleaseRef, Ending {}

export interface Ending {
  readonly outcome: Outcome;
  /** Why, for everything but `released`. */
  readonly failure?: Failure;
  /** From the decision to go back until the old colour was read back at 100 %, milliseconds; only after traffic had moved. */
  readonly trafficBackMs?: number;
}

/** One line of the runbook as it went. Times are epoch milliseconds of workflow time. */
export interface StepRecord {
  readonly name: string;
  readonly startedAt: number;
  readonly endedAt?: number;
  /** What it found or did, in one sentence. */
  readonly note?: string;
}

/** The note of a step that was broken or cut off. */
export const didNotSucceed = 'did not succeed';

/** Something a person or the judge decided; the audit trail shows them in order. */
export interface Decision {
  readonly at: number;
  readonly actor: string;
  readonly text: string;
}

/** What the run waits for a person to say. */
export interface Gate {
  /** `canary 25 %`, `contract`, or the name of the undo or effect that is broken. */
  readonly name: string;
  readonly reason: string;
  /** What may be said. */
  readonly answers: readonly GateAnswer[];
}

export type GateAnswer = 'approve' | 'abort' | 'retry' | 'skip';

export interface ReleaseStatus extends ReleaseRef {
  /** Who asked for it; runs that began before this was told do not know. */
  readonly submittedBy?: string;
  readonly phase: Phase;
  /** The line of the runbook that is on, `shift 5 %`. */
  readonly step: string;
  readonly live?: Colour;
  readonly idle?: Colour;
  /** The rule as sluice last read it back. */
  readonly weights?: Weights;
  readonly paused?: { readonly actor: string; readonly reason: string };
  readonly gate?: Gate;
  /** Why an abort is refused, once it is. */
  readonly noWayBack?: string;
  /** It is on its way back, whatever phase or gate it stands at. */
  readonly goingBack?: true;
  readonly steps: readonly StepRecord[];
  readonly decisions: readonly Decision[];
  readonly lastVerdict?: Verdict;
  /** How the backfill goes that is on, as it was told last; at most once a minute. */
  readonly backfill?: BackfillNews & { readonly at: number };
  readonly result?: ReleaseResult;
}
