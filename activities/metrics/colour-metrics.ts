import type { Dimension, MetricDataQuery } from '@aws-sdk/client-cloudwatch';

import { type Colour, colours } from '../../domain/colour.js';
import type { ColourSample } from '../../domain/verdict.js';

/** What is asked of CloudWatch for each colour. Times are seconds. */
const metrics = {
  requests: { name: 'RequestCount', statistic: 'Sum' },
  errors: { name: 'HTTPCode_Target_5XX_Count', statistic: 'Sum' },
  connectionErrors: { name: 'TargetConnectionErrorCount', statistic: 'Sum' },
  answers: { name: 'TargetResponseTime', statistic: 'SampleCount' },
  p99: { name: 'TargetResponseTime', statistic: 'p99' },
} as const;

type MetricKey = keyof typeof metrics;

const metricKeys = Object.keys(metrics) as MetricKey[];

/** Query id → start of the period in epoch milliseconds → value. Periods without data are not there. */
export type Series = ReadonlyMap<string, ReadonlyMap<number, number>>;

export function queriesFor(
  dimensions: Readonly<Record<Colour, Dimension[]>>,
  periodSeconds: number,
): MetricDataQuery[] {
  return colours.flatMap((colour) =>
    metricKeys.map((key) => ({
      Id: idOf(colour, key),
      MetricStat: {
        Metric: { Namespace: 'AWS/ApplicationELB', MetricName: metrics[key].name, Dimensions: dimensions[colour] },
        Period: periodSeconds,
        Stat: metrics[key].statistic,
      },
    })),
  );
}

function idOf(colour: Colour, key: MetricKey): string {
  return `${colour}_${key}`;
}

/**
 * Periods without data had none of it: the load balancer reports these metrics only while requests flow, and most only
 * when they are not zero.
 *
 * RequestCount counts every request for which a target was chosen, also when the connection to that target then failed;
 * so connection errors are among the requests. The larger of the two is taken, since the two metrics of one minute may
 * arrive one after the other, and a ratio of errors never exceeds 1.
 *
 * A target that hangs, or resets a connection, is in neither error metric (the 504 and 502 are the load balancer's own,
 * counted without a target group): it shows as a request without a response time. Clients that went away are among
 * those too; they go away from both colours alike. Without any response time at all the metric may just not be in yet;
 * that is for the judge, who passes nobody without one.
 */
export function sampleOf(colour: Colour, series: Series): ColourSample {
  const sum = (key: MetricKey) => total(series.get(idOf(colour, key)));
  const requests = Math.max(sum('requests'), sum('errors') + sum('connectionErrors'));
  const unanswered = sum('answers') === 0 ? sum('connectionErrors') : Math.max(0, requests - sum('answers'));
  const errors = Math.min(requests, sum('errors') + Math.max(sum('connectionErrors'), unanswered));
  return { requests, errors, p99Ms: combinedP99(series.get(idOf(colour, 'p99')), series.get(idOf(colour, 'answers'))) };
}

function total(values: ReadonlyMap<number, number> | undefined): number {
  return [...(values?.values() ?? [])].reduce((sum, value) => sum + value, 0);
}

/**
 * Milliseconds. The p99 of a window cannot be computed from the p99s of its periods; it is known to lie between the
 * smallest and the largest of them. Their mean, weighted by the answers each was taken from, lies there too, and a
 * quiet period with three slow answers moves it by its share of the answers only, where the largest would be it.
 */
function combinedP99(
  p99s: ReadonlyMap<number, number> | undefined,
  answers: ReadonlyMap<number, number> | undefined,
): number | null {
  let weighted = 0;
  let weight = 0;
  for (const [period, seconds] of p99s ?? []) {
    const count = answers?.get(period) ?? 0;
    weighted += seconds * count;
    weight += count;
  }
  return weight === 0 ? null : (weighted / weight) * 1_000;
}
