import type { Colour } from './colour.js';

/** What the load balancer itself counted for one colour during a bake. */
export interface ColourSample {
  /** Requests answered by, or lost on, this colour's targets. */
  readonly requests: number;
  /** 5xx answers and connection errors of its targets. */
  readonly errors: number;
  /** 99th percentile of the response time in milliseconds; `null` when nothing was answered. */
  readonly p99Ms: number | null;
}

/** One window of measurements, or why there is none. Failing to measure is data, not an exception. */
export type Measurement =
  | {
      readonly kind: 'measured';
      readonly fromMs: number;
      readonly toMs: number;
      readonly colours: Readonly<Record<Colour, ColourSample>>;
    }
  | { readonly kind: 'unmeasurable'; readonly reason: string };

export interface JudgePolicy {
  /** Requests each colour must have had in the window before anything is said about it. */
  readonly minRequests: number;
  /** How far the canary's error ratio (0..1) may lie above the baseline's. */
  readonly errorRatioMargin: number;
  /** The canary's p99 may be at most `baseline × p99Factor + p99MarginMs`. */
  readonly p99Factor: number;
  readonly p99MarginMs: number;
  /** The errors a canary must have had before a higher ratio alone fails it: one unlucky request is not evidence. */
  readonly minErrors: number;
}

export type Verdict =
  | { readonly kind: 'pass'; readonly reason: string }
  | { readonly kind: 'fail'; readonly reason: string }
  | { readonly kind: 'inconclusive'; readonly reason: string }
  | { readonly kind: 'unmeasurable'; readonly reason: string };

/**
 * Judges a canary against the baseline of the same window. Too few requests are `inconclusive`, except that a canary
 * whose errors alone already prove the point fails: more traffic would only hurt more shoppers.
 */
export function judge(question: {
  readonly measurement: Measurement;
  readonly canary: Colour;
  readonly baseline: Colour;
  readonly policy: JudgePolicy;
}): Verdict {
  const { measurement, policy } = question;
  if (measurement.kind === 'unmeasurable') return { kind: 'unmeasurable', reason: measurement.reason };

  const canary = measurement.colours[question.canary];
  const baseline = measurement.colours[question.baseline];
  const canaryRatio = errorRatio(canary);
  const baselineRatio = errorRatio(baseline);
  const errors =
    `errors: canary ${canary.errors} of ${canary.requests} (${percent(canaryRatio)}), ` +
    `baseline ${baseline.errors} of ${baseline.requests} (${percent(baselineRatio)})`;

  const baselineKnown = baseline.requests >= policy.minRequests;
  // A baseline that is hardly left cannot excuse the canary: without one it is held against no errors at all.
  const tooManyErrors = canaryRatio > (baselineKnown ? baselineRatio : 0) + policy.errorRatioMargin;
  if (tooManyErrors && canary.errors >= policy.minErrors) {
    return { kind: 'fail', reason: `${errors}; allowed is ${percent(policy.errorRatioMargin)} over the baseline` };
  }
  if (canary.requests < policy.minRequests || !baselineKnown) {
    return { kind: 'inconclusive', reason: `${errors}; at least ${policy.minRequests} requests each are needed` };
  }
  if (tooManyErrors) {
    return { kind: 'inconclusive', reason: `${errors}; fewer than ${policy.minErrors} errors are no evidence yet` };
  }
  return judgeLatency({ canary, baseline, policy, errors });
}

function judgeLatency(evidence: {
  readonly canary: ColourSample;
  readonly baseline: ColourSample;
  readonly policy: JudgePolicy;
  readonly errors: string;
}): Verdict {
  const { canary, baseline, policy, errors } = evidence;
  if (canary.p99Ms === null || baseline.p99Ms === null) {
    return {
      kind: 'inconclusive',
      reason: `${errors}; no response time for ${canary.p99Ms === null ? 'canary' : 'baseline'}`,
    };
  }
  const limit = baseline.p99Ms * policy.p99Factor + policy.p99MarginMs;
  const latency = `p99: canary ${milliseconds(canary.p99Ms)}, baseline ${milliseconds(baseline.p99Ms)}, limit ${milliseconds(limit)}`;
  return { kind: canary.p99Ms > limit ? 'fail' : 'pass', reason: `${errors}; ${latency}` };
}

function errorRatio(sample: ColourSample): number {
  return sample.requests === 0 ? 0 : sample.errors / sample.requests;
}

function percent(ratio: number): string {
  return `${(ratio * 100).toFixed(2)} %`;
}

function milliseconds(value: number): string {
  return `${Math.round(value)} ms`;
}
