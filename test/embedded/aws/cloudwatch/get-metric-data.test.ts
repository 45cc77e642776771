import { GetMetricDataCommand, type MetricDataQuery } from '@aws-sdk/client-cloudwatch';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type Account, openAccount } from '../support/account.js';
import { type BlueGreen, openBlueGreen } from '../support/blue-green.js';
import { until } from '../support/until.js';

let account: Account;
let shop: BlueGreen;
beforeAll(async () => {
  account = await openAccount();
  shop = await openBlueGreen(account);
  await shop.serve('blue', 1);
  await shop.shift({ blue: 1, green: 0 });
  for (let sent = 0; sent < 20; sent += 1) await fetch(shop.url);
  for (let sent = 0; sent < 3; sent += 1) await fetch(`${shop.url}/status?code=404`);
  for (let sent = 0; sent < 2; sent += 1) await fetch(`${shop.url}/status?code=500`);
  await fetch(`${shop.url}/cut`);
  for (let sent = 0; sent < 4; sent += 1) await fetch(`${shop.url}/slow?ms=300`);
  const leaving = new AbortController();
  const left = fetch(`${shop.url}/slow?ms=5000`, { signal: leaving.signal });
  await until('the request is in flight', async () =>
    (await metricsText()).includes('in_flight{target_group="blue"} 1'),
  );
  leaving.abort();
  await expect(left).rejects.toThrow();
  await until('its end is counted', async () => (await metricsText()).includes('in_flight{target_group="blue"} 0'));
});
afterAll(() => account.close());

async function metricsText(): Promise<string> {
  return (await fetch(`${account.endpoint}/metrics`)).text();
}

type Dimension = 'LoadBalancer' | 'TargetGroup';
const bothDimensions: Dimension[] = ['LoadBalancer', 'TargetGroup'];

function query(MetricName: string, Stat: string, Period = 60, dimensions = bothDimensions): MetricDataQuery {
  const values: Record<Dimension, string> = {
    LoadBalancer: shop.loadBalancerArn.split(':loadbalancer/')[1] ?? '',
    TargetGroup: shop.groups.blue.split(':').at(-1) ?? '',
  };
  const Dimensions = dimensions.map((Name) => ({ Name, Value: values[Name] }));
  return { Id: 'q', MetricStat: { Metric: { Namespace: 'AWS/ApplicationELB', MetricName, Dimensions }, Period, Stat } };
}

async function points(asked: MetricDataQuery, sinceMs = 120_000): Promise<{ at: Date; value: number }[]> {
  const { MetricDataResults = [] } = await account.cloudWatch.send(
    new GetMetricDataCommand({
      MetricDataQueries: [asked],
      StartTime: new Date(Date.now() - sinceMs),
      EndTime: new Date(Date.now() + 1_000),
      ScanBy: 'TimestampAscending',
    }),
  );
  const { Timestamps = [], Values = [] } = MetricDataResults[0] ?? {};
  return Timestamps.map((at, place) => ({ at, value: Values[place] ?? Number.NaN }));
}

async function total(asked: MetricDataQuery): Promise<number> {
  return (await points(asked)).reduce((sum, { value }) => sum + value, 0);
}

test.each([
  ['RequestCount', 31],
  ['HTTPCode_Target_2XX_Count', 24],
  ['HTTPCode_Target_4XX_Count', 3],
  ['HTTPCode_Target_5XX_Count', 2],
])('counts what was sent: %s is %i', async (metric, sum) => {
  expect(await total(query(metric, 'Sum'))).toBe(sum);
  expect(await total(query(metric, 'Sum', 60, ['LoadBalancer']))).toBe(sum);
});

test('counts its own errors for the load balancer only, as AWS does', async () => {
  expect(await total(query('HTTPCode_ELB_5XX_Count', 'Sum', 60, ['LoadBalancer']))).toBe(1);
  expect(await points(query('HTTPCode_ELB_5XX_Count', 'Sum'))).toEqual([]);
});

test('has no points, rather than zeroes, for what did not happen', async () => {
  expect(await points(query('TargetConnectionErrorCount', 'Sum'))).toEqual([]);
  expect(await points(query('HTTPCode_Target_3XX_Count', 'Sum'))).toEqual([]);
});

test('measures response times in seconds, with exact percentiles', async () => {
  const hour = (stat: string) => points(query('TargetResponseTime', stat, 3_600));
  expect((await hour('SampleCount')).reduce((sum, { value }) => sum + value, 0)).toBe(29);
  const [p50] = (await hour('p50')).slice(-1);
  const [p99] = (await hour('p99')).slice(-1);
  const [maximum] = (await hour('Maximum')).slice(-1);
  expect(p50?.value).toBeLessThan(0.1);
  expect(p99?.value).toBeGreaterThanOrEqual(0.3);
  expect(p99?.value).toBeLessThan(1);
  expect(maximum?.value).toBe(p99?.value);
});

test('aligns short periods and adds up to the same', async () => {
  const seconds = await points(query('RequestCount', 'Sum', 1));
  expect(seconds.reduce((sum, { value }) => sum + value, 0)).toBe(31);
  const tens = await points(query('RequestCount', 'Sum', 10));
  expect(tens.every(({ at }) => at.getTime() % 10_000 === 0)).toBe(true);
  expect(tens.length).toBeLessThan(seconds.length);
});

test('answers the newest period first unless asked otherwise', async () => {
  await until('there are two points', async () => (await points(query('HealthyHostCount', 'Maximum', 1))).length >= 2);
  const { MetricDataResults = [] } = await account.cloudWatch.send(
    new GetMetricDataCommand({
      MetricDataQueries: [query('HealthyHostCount', 'Maximum', 1)],
      StartTime: new Date(Date.now() - 60_000),
      EndTime: new Date(),
    }),
  );
  const times = (MetricDataResults[0]?.Timestamps ?? []).map((at) => at.getTime());
  expect(times).toEqual([...times].sort((a, b) => b - a));
});

test('counts healthy hosts', async () => {
  const values = (await points(query('HealthyHostCount', 'Maximum'))).map(({ value }) => value);
  expect(values.at(-1)).toBe(1);
});

test.each([
  ['a period of 7 seconds', () => query('RequestCount', 'Sum', 7)],
  ['a statistic nobody knows', () => query('RequestCount', 'Mode')],
  ['an expression', () => ({ Id: 'e', Expression: 'a / b' })],
])('refuses %s', async (_what, asked) => {
  await expect(points(asked())).rejects.toMatchObject({ name: 'ValidationException' });
});

test('knows nothing of other namespaces', async () => {
  const other = query('RequestCount', 'Sum');
  if (other.MetricStat?.Metric !== undefined) other.MetricStat.Metric.Namespace = 'AWS/EC2';
  expect(await points(other)).toEqual([]);
});

test('tells the same numbers as Prometheus text', async () => {
  const text = await metricsText();
  const labels = 'load_balancer="shop",target_group="blue"';
  expect(text).toContain(`alb_requests_total{${labels}} 31`);
  expect(text).toContain(`alb_target_responses_total{${labels},class="5xx"} 2`);
  expect(text).toContain(`alb_elb_responses_total{${labels},status="502"} 1`);
  expect(text).toContain(`alb_client_aborts_total{${labels}} 1`);
  expect(text).toContain(`alb_target_response_seconds_count{${labels}} 29`);
  expect(text).toContain('alb_targets{target_group="blue",state="healthy"} 1');
});
