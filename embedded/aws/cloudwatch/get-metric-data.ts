import type { MetricDataQuery, MetricDataResult, MetricStat } from '@aws-sdk/client-cloudwatch';
import { AwsError } from '../aws-error.js';
import type { AwsService } from '../wire/dispatch.js';
import type { Measurements } from './measurements.js';
import { metrics } from './metric.js';
import { statistic } from './statistic.js';

/** The request as the wire has it: times are epoch seconds. */
interface GetMetricDataRequest {
  readonly MetricDataQueries?: MetricDataQuery[];
  readonly StartTime?: number;
  readonly EndTime?: number;
  readonly ScanBy?: string;
}

interface GetMetricDataAnswer {
  readonly MetricDataResults: MetricDataResult[];
  readonly Messages: never[];
}

export function cloudWatchService(measurements: Measurements): AwsService<Measurements> {
  return { store: measurements, reads: { GetMetricData: getMetricData }, writes: {} };
}

/** Metric queries only; expressions are not simulated. A period without data has no point, as in AWS. */
export function getMetricData(measurements: Measurements, input: GetMetricDataRequest): GetMetricDataAnswer {
  const queries = input.MetricDataQueries ?? [];
  if (queries.length === 0) throw invalid('The parameter MetricDataQueries is required.');
  const { StartTime: start, EndTime: end } = input;
  if (start === undefined || end === undefined) throw invalid('The parameters StartTime and EndTime are required.');
  if (start >= end) throw invalid('The parameter StartTime must be less than the parameter EndTime.');
  const ids = queries.map(({ Id }) => Id);
  if (new Set(ids).size !== ids.length)
    throw invalid('The values for parameter Id in MetricDataQueries are not unique.');
  const results = queries.map((query) => {
    if (query.MetricStat === undefined) throw invalid(`Expression of query ${query.Id} is not simulated.`);
    const points = pointsOf(measurements, query.MetricStat, start, end);
    if (input.ScanBy !== 'TimestampAscending') points.reverse();
    return {
      Id: query.Id,
      Label: query.Label ?? query.MetricStat.Metric?.MetricName,
      Timestamps: points.map(({ at }) => new Date(at * 1_000)),
      Values: points.map(({ value }) => value),
      StatusCode: 'Complete' as const,
    };
  });
  return { MetricDataResults: results.filter((_result, at) => queries[at]?.ReturnData !== false), Messages: [] };
}

function pointsOf(
  measurements: Measurements,
  { Metric, Period, Stat }: MetricStat,
  start: number,
  end: number,
): { at: number; value: number }[] {
  const period = checkPeriod(Period);
  const metric = Metric?.Namespace === 'AWS/ApplicationELB' ? metrics[Metric.MetricName ?? ''] : undefined;
  const dimensions = new Map((Metric?.Dimensions ?? []).map(({ Name, Value }) => [Name, Value]));
  const names = [...dimensions.keys()].sort().join(',');
  if (metric === undefined || !metric.dimensions.some((published) => published === names)) return [];
  const wanted = { loadBalancer: dimensions.get('LoadBalancer'), targetGroup: dimensions.get('TargetGroup') };
  const points: { at: number; value: number }[] = [];
  for (let at = Math.floor(start / period) * period; at < end; at += period) {
    const value = statistic(Stat ?? 'Average', metric.sample(measurements.read(wanted, at, at + period)));
    if (value !== undefined) points.push({ at, value });
  }
  return points;
}

function checkPeriod(period: number | undefined): number {
  if (period !== undefined && ([1, 5, 10, 30].includes(period) || (period > 0 && period % 60 === 0))) return period;
  throw invalid(`The parameter Period must be 1, 5, 10, 30 or a multiple of 60; it is ${period}.`);
}

function invalid(message: string): AwsError {
  return new AwsError('ValidationError', message);
}
