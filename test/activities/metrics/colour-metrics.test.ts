import { expect, test } from 'vitest';

import { type Series, sampleOf } from '../../../activities/metrics/colour-metrics.js';

/** Values of blue by metric, one a minute; `null` where CloudWatch has none. */
function seriesOf(metrics: Record<string, readonly (number | null)[]>): Series {
  return new Map(
    Object.entries(metrics).map(([key, values]) => [
      `blue_${key}`,
      new Map(values.flatMap((value, minute) => (value === null ? [] : [[minute * 60_000, value] as const]))),
    ]),
  );
}

test('adds up the periods of a window', () => {
  const series = seriesOf({ requests: [100, 200], errors: [1, 2], answers: [100, 200], p99: [0.1, 0.1] });
  expect(sampleOf('blue', series)).toEqual({ requests: 300, errors: 3, p99Ms: expect.closeTo(100) as number });
});

test('takes missing errors for none, and missing requests for none', () => {
  expect(sampleOf('blue', seriesOf({ requests: [100, 50], errors: [null, null] }))).toMatchObject({
    requests: 150,
    errors: 0,
  });
  expect(sampleOf('blue', seriesOf({}))).toEqual({ requests: 0, errors: 0, p99Ms: null });
});

test('counts a connection that failed once, as a request and as an error', () => {
  const series = seriesOf({ requests: [100], errors: [3], connectionErrors: [7] });
  expect(sampleOf('blue', series)).toMatchObject({ requests: 100, errors: 10 });
});

test('counts a request that a target never answered as an error', () => {
  const series = seriesOf({ requests: [1000], answers: [600], p99: [0.1] });
  expect(sampleOf('blue', series)).toMatchObject({ requests: 1000, errors: 400 });
});

test('never has more errors than requests, also when the requests of the minute are not in yet', () => {
  const series = seriesOf({ requests: [null], errors: [3], connectionErrors: [7] });
  expect(sampleOf('blue', series)).toMatchObject({ requests: 10, errors: 10 });
});

test('weighs the 99th percentile of each period by its answers', () => {
  const quietAndSlow = seriesOf({ p99: [0.1, 2], answers: [997, 3] });
  expect(sampleOf('blue', quietAndSlow).p99Ms).toBeCloseTo(105.7);
  const slowNow = seriesOf({ p99: [0.1, 2], answers: [500, 500] });
  expect(sampleOf('blue', slowNow).p99Ms).toBeCloseTo(1_050);
});
