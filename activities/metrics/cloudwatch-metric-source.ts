import type { CloudWatch, MetricDataQuery } from '@aws-sdk/client-cloudwatch';

import { ReleaseError, isReleaseError } from '../../domain/failure.js';
import type { Measurement } from '../../domain/verdict.js';
import { callAws } from '../aws-errors.js';
import { type Series, queriesFor, sampleOf } from './colour-metrics.js';
import type { MetricSource, MetricWindow } from './metric-source.js';
import { type DimensionsOf, type MetricElbClient, rememberDimensions } from './target-group-dimensions.js';

export interface CloudWatchMetricSourceDeps {
  readonly cloudwatch: Pick<CloudWatch, 'getMetricData'>;
  readonly elb: MetricElbClient;
}

/**
 * What an Application Load Balancer counted for each target group. CloudWatch has a period one to three minutes after
 * its end; a window asked for earlier is measured with what is there.
 */
export function createCloudWatchMetricSource({ cloudwatch, elb }: CloudWatchMetricSourceDeps): MetricSource {
  const dimensionsOf = rememberDimensions(elb);
  return {
    measure: async (window) => {
      try {
        return await measure({ cloudwatch, dimensionsOf, window });
      } catch (error) {
        if (isReleaseError(error)) return { kind: 'unmeasurable', reason: error.message };
        throw error;
      }
    },
  };
}

interface Question {
  readonly cloudwatch: Pick<CloudWatch, 'getMetricData'>;
  readonly dimensionsOf: DimensionsOf;
  readonly window: MetricWindow;
}

async function measure({ cloudwatch, dimensionsOf, window }: Question): Promise<Measurement> {
  const span = wholePeriods(window);
  const dimensions = {
    blue: await dimensionsOf(window.targetGroups.blue),
    green: await dimensionsOf(window.targetGroups.green),
  };
  const series = await readSeries({ cloudwatch, span, queries: queriesFor(dimensions, window.periodSeconds) });
  return { kind: 'measured', ...span, colours: { blue: sampleOf('blue', series), green: sampleOf('green', series) } };
}

interface Span {
  readonly fromMs: number;
  readonly toMs: number;
}

function wholePeriods({ fromMs, toMs, periodSeconds }: MetricWindow): Span {
  const period = periodSeconds * 1_000;
  return { fromMs: Math.floor(fromMs / period) * period, toMs: Math.ceil(toMs / period) * period };
}

async function readSeries(request: {
  readonly cloudwatch: Pick<CloudWatch, 'getMetricData'>;
  readonly span: Span;
  readonly queries: MetricDataQuery[];
}): Promise<Series> {
  const series = new Map(request.queries.map(({ Id = '' }) => [Id, new Map<number, number>()]));
  const status = new Map<string, string>();
  let nextToken: string | undefined;
  do {
    const page = await callAws('read the load balancer’s metrics', () =>
      request.cloudwatch.getMetricData({
        MetricDataQueries: request.queries,
        StartTime: new Date(request.span.fromMs),
        EndTime: new Date(request.span.toMs),
        ...(nextToken === undefined ? {} : { NextToken: nextToken }),
      }),
    );
    for (const { Id = '', Timestamps = [], Values = [], StatusCode = 'Complete' } of page.MetricDataResults ?? []) {
      Timestamps.forEach((at, index) => {
        const value = Values[index];
        if (value !== undefined) series.get(Id)?.set(at.getTime(), value);
      });
      status.set(Id, StatusCode);
    }
    nextToken = page.NextToken;
  } while (nextToken !== undefined);
  refuseGaps(status);
  return series;
}

/** Half an answer would be judged as if nothing had happened in the other half. */
function refuseGaps(status: ReadonlyMap<string, string>): void {
  const gaps = [...status].filter(([, code]) => code !== 'Complete').map(([id, code]) => `${id}: ${code}`);
  if (gaps.length === 0) return;
  throw new ReleaseError('metrics-unreachable', `CloudWatch has not answered in full: ${gaps.join(', ')}`);
}
