import { z } from 'zod';
import { duration } from './manifest-duration.js';
import { comparing, ratio, section, whole } from './manifest-fields.js';
import { expected } from './manifest-problem.js';

const judge = section(
  {
    minRequests: whole(1, 1_000_000_000, 'the requests each colour needs in a window')
      .prefault(100)
      .describe('Requests each colour needs in a bake; with fewer the verdict is inconclusive.'),
    errorRatioMargin: ratio(0, 1, 'how far the error ratio may lie above the baseline')
      .prefault(0.01)
      .describe('How far the share of failed requests may lie above the old version’s.'),
    minErrors: whole(1, 1_000_000_000, 'the errors that make a fail')
      .prefault(5)
      .describe('Failed requests below which no error ratio is a fail.'),
    p99Factor: ratio(1, 1000, 'the factor on the baseline’s p99')
      .prefault(1.5)
      .describe('How many times the old version’s p99 the new one’s may be, the margin on top.'),
    p99Margin: duration({ min: '0ms', max: '10m' }).prefault('100ms').describe('Time added to that.'),
  },
  'thresholds',
);

const step = section(
  {
    weight: whole(1, 99, 'per cent of the traffic').describe('Per cent of the traffic; more than in the step before.'),
    bake: duration({ min: '1s' }).describe('Time at that weight before the verdict; at least one period.'),
  },
  'weight and bake',
);

export const canary = section(
  {
    steps: z
      .array(step, expected('a list of steps'))
      .min(1, expected('at least one step, {weight, bake}'))
      .describe('The way to 100 %; the last step, all traffic, is not written.'),
    judge: judge.prefault({}).describe('What a bake must show. The old version in the same time is the baseline.'),
    metricsLag: duration({ min: '0s', max: '30m' })
      .prefault('3m')
      .describe('How late the metrics are published; a verdict waits for it.'),
    period: duration({ min: '1s', max: '1h', grain: '1s' }).prefault('60s').describe('Grain of the metrics.'),
    extraBakes: whole(0, 100, 'how often a bake may be repeated')
      .prefault(2)
      .describe('How often a bake without a clear verdict is repeated before an operator is asked.'),
  },
  'steps',
).superRefine(({ steps, period }, ctx) => {
  // A value with a problem of its own stands here unparsed: a bake of `90` is no 90 milliseconds.
  const unread = ctx.issues.filter(({ code }) => code !== 'unrecognized_keys').map(({ path = [] }) => path);
  const isRead = (...path: PropertyKey[]) =>
    !unread.some((issue) => path.slice(0, issue.length).every((part, i) => part === issue[i]));
  for (const [i, step] of Array.isArray(steps) ? steps.entries() : []) {
    const last = steps.findLastIndex((_, earlier) => earlier < i && isRead('steps', earlier, 'weight'));
    const before = isRead('steps', i, 'weight') ? steps[last]?.weight : undefined;
    if (before !== undefined && step.weight <= before) {
      const which = last === i - 1 ? 'the step' : 'a step';
      const message = `expected more than the ${before} of ${which} before, found the number ${step.weight}`;
      ctx.addIssue({ code: 'custom', path: ['steps', i, 'weight'], message });
    }
    if (isRead('period') && isRead('steps', i, 'bake') && step.bake < period) {
      const message = `expected at least one period of the metrics (${period / 1000}s), found ${step.bake / 1000}s`;
      ctx.addIssue({ code: 'custom', path: ['steps', i, 'bake'], message });
    }
  }
}, comparing);
