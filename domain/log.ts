import type { Colour } from './colour.js';
import type { Change, EffectStatus } from './effect.js';
import type { Failure } from './failure.js';
import type { PastRelease, ReleaseRecord, TimedEffect } from './history.js';
import type { Outcome, ReleaseStatus, StepRecord } from './release-state.js';

/** One thing that happened in a release. `at` is in epoch milliseconds. */
export type LogEvent =
  | { readonly at: number; readonly kind: 'submitted'; readonly actor: string }
  /** Its plan was frozen: from here it may change something. The idle colour gets the new version. */
  | { readonly at: number; readonly kind: 'admitted'; readonly live: Colour; readonly idle: Colour }
  | { readonly at: number; readonly kind: 'step'; readonly name: string }
  | {
      readonly at: number;
      readonly kind: 'step-ended';
      readonly name: string;
      readonly tookMs: number;
      /** What it found or did. */
      readonly note?: string;
    }
  /** What a person said, and what the judge did with its numbers. */
  | { readonly at: number; readonly kind: 'decision'; readonly actor: string; readonly text: string }
  /** The intent: `before.state` is what was found, `change.state` what it was to become. */
  | {
      readonly at: number;
      readonly kind: 'effect';
      readonly name: string;
      readonly generation: number;
      readonly before: Change;
      readonly change: Change;
    }
  /** `done`: read back. `skipped`: taken over by hand, by whom and why is in the note. */
  | {
      readonly at: number;
      readonly kind: 'effect-ended';
      readonly name: string;
      readonly outcome: Exclude<EffectStatus, 'intent'>;
      readonly tookMs: number;
      readonly note?: string;
    }
  | { readonly at: number; readonly kind: 'ended'; readonly outcome: Outcome; readonly failure?: Failure };

/**
 * What happened, in the order of time: from the ledger what was changed, from the runs (the release's own, and the
 * recovery that took over) why. Their clocks are two, so events closer than these agree may change places.
 */
export function logOf(record: ReleaseRecord, runs: readonly Pick<ReleaseStatus, 'steps' | 'decisions'>[]): LogEvent[] {
  const { release, effects } = record;
  return [
    ...beginningOf(record),
    ...runs.flatMap(({ steps, decisions }) => [
      ...steps.flatMap(stepEvents),
      ...decisions.map((decision): LogEvent => ({ ...decision, kind: 'decision' })),
    ]),
    ...effects.flatMap(effectEvents),
    ...endOf(release),
  ].sort((a, b) => a.at - b.at);
}

function beginningOf({ release: { actor, submittedAt, startedAt }, plan }: ReleaseRecord): LogEvent[] {
  const submitted: LogEvent = { at: submittedAt, kind: 'submitted', actor };
  if (startedAt === undefined || plan === undefined) return [submitted];
  return [submitted, { at: startedAt, kind: 'admitted', live: plan.live, idle: plan.idle }];
}

function stepEvents({ name, startedAt, endedAt, note }: StepRecord): LogEvent[] {
  const begun: LogEvent = { at: startedAt, kind: 'step', name };
  if (endedAt === undefined) return [begun];
  const tookMs = endedAt - startedAt;
  return [begun, { at: endedAt, kind: 'step-ended', name, tookMs, ...(note === undefined ? {} : { note }) }];
}

function effectEvents(effect: TimedEffect): LogEvent[] {
  const { name, generation, before, change, status, note, intendedAt, settledAt } = effect;
  const intended: LogEvent = { at: intendedAt, kind: 'effect', name, generation, before, change };
  if (status === 'intent' || settledAt === undefined) return [intended];
  const tookMs = settledAt - intendedAt;
  const why = note === undefined ? {} : { note };
  return [intended, { at: settledAt, kind: 'effect-ended', name, outcome: status, tookMs, ...why }];
}

function endOf({ outcome, failure, endedAt }: PastRelease): LogEvent[] {
  if (outcome === undefined || endedAt === undefined) return [];
  return [{ at: endedAt, kind: 'ended', outcome, ...(failure === undefined ? {} : { failure }) }];
}
