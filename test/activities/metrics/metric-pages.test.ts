import { afterEach, expect, test } from 'vitest';

import { createCloudWatchMetricSource } from '../../../activities/metrics/cloudwatch-metric-source.js';
import { clientsAt, startLocalServer } from '../../contract/local-server.js';

const stops: (() => void)[] = [];

afterEach(() => {
  for (const stop of stops.splice(0)) stop();
});

const targetGroups = `
  <DescribeTargetGroupsResponse><DescribeTargetGroupsResult><TargetGroups><member>
    <LoadBalancerArns><member>loadbalancer/app/shop/1</member></LoadBalancerArns>
  </member></TargetGroups></DescribeTargetGroupsResult></DescribeTargetGroupsResponse>`;

/** A CloudWatch that answers its calls with these pages, in this order, for a load balancer called shop. */
async function measure(pages: readonly object[]) {
  const left = [...pages];
  const server = await startLocalServer((request, response) => {
    const aboutMetrics = request.headers['x-amz-target'] !== undefined;
    request.resume().on('end', () => {
      response.writeHead(200, { 'content-type': aboutMetrics ? 'application/x-amz-json-1.0' : 'text/xml' });
      response.end(aboutMetrics ? JSON.stringify(left.shift()) : targetGroups);
    });
  });
  stops.push(() => server.close());
  return createCloudWatchMetricSource(clientsAt(server.url)).measure({
    targetGroups: { blue: 'targetgroup/blue/1', green: 'targetgroup/green/1' },
    fromMs: 0,
    toMs: 120_000,
    periodSeconds: 60,
  });
}

function requests(statusCode: string, ...points: (readonly [minute: number, value: number])[]) {
  return {
    Id: 'blue_requests',
    StatusCode: statusCode,
    Timestamps: points.map(([minute]) => minute * 60),
    Values: points.map(([, value]) => value),
  };
}

test('puts the pages of an answer together', async () => {
  const measured = await measure([
    { MetricDataResults: [requests('PartialData', [0, 10])], NextToken: 'more' },
    { MetricDataResults: [requests('Complete', [1, 5])] },
  ]);
  expect(measured).toMatchObject({ kind: 'measured', colours: { blue: { requests: 15 } } });
});

test('does not judge by an answer with gaps in it', async () => {
  const measured = await measure([{ MetricDataResults: [requests('InternalError', [0, 10])] }]);
  expect(measured).toEqual({
    kind: 'unmeasurable',
    reason: 'CloudWatch has not answered in full: blue_requests: InternalError',
  });
});
