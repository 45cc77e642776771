import autocannon from 'autocannon';
import type { Stack } from '../embedded/stack.js';
import { createAwsClients } from '../activities/aws-clients.js';
import { createAlbTrafficRouter } from '../activities/traffic/alb-traffic-router.js';
import { type Figure, quantile, spreadOf } from './figure.js';

const rounds = 5;
const roundSeconds = 3;

/** The simulator's load balancer in front of the shop, next to the shop alone: in turns, on the same path. */
export async function measureLoadBalancer(stack: Stack): Promise<readonly Figure[]> {
  const direct = `http://${await liveTarget(stack)}/health`;
  const balanced = `${stack.infrastructure.url}/health`;
  const added: number[] = [];
  const rates: number[] = [];
  for (let round = 0; round < rounds; round++) {
    // The median at one request at a time is the way through; at many it would be the queue.
    const alone = await load(direct, 1);
    const through = await load(balanced, 1);
    added.push(through.p50 - alone.p50);
    rates.push((await load(balanced, 50)).rate);
  }
  return [
    {
      name: 'requests through the simulator’s load balancer',
      unit: 'requests/s',
      value: quantile(rates, 0.5),
      limit: { atLeast: 3_000 },
      spread: spreadOf(rates),
      how: `median of ${rounds} rounds of ${roundSeconds} s, 50 connections, GET /health of the shop`,
    },
    {
      name: 'added by the load balancer to the median response time',
      unit: 'ms',
      value: quantile(added, 0.5),
      limit: { atMost: 3 },
      spread: spreadOf(added),
      how: `median of ${rounds} differences to the shop alone, one connection, requests one after the other`,
    },
  ];
}

async function liveTarget({ simulator, infrastructure }: Stack): Promise<string> {
  const credentials = { accessKeyId: 'bench', secretAccessKey: 'bench' };
  const aws = createAwsClients({ region: 'eu-central-1', endpoint: simulator.ready.endpoint, credentials });
  try {
    const targets = await createAlbTrafficRouter(aws).readTargets(infrastructure.blueTargetGroupArn);
    const healthy = targets.find(({ health }) => health === 'healthy');
    if (healthy === undefined) throw new Error('expected a healthy target of the live colour, found none');
    return `${healthy.address}:${healthy.port}`;
  } finally {
    for (const client of Object.values(aws)) client.destroy();
  }
}

async function load(url: string, connections: number): Promise<{ readonly rate: number; readonly p50: number }> {
  const times: number[] = [];
  const { errors, timeouts, non2xx, duration } = await new Promise<autocannon.Result>((resolve, reject) => {
    const run = autocannon({ url, connections, duration: roundSeconds }, (error, result) =>
      error ? reject(error) : resolve(result),
    );
    run.on('response', (_client, _status, _bytes, time) => times.push(time));
  });
  if (errors + timeouts + non2xx > 0) {
    throw new Error(`${url}: ${errors} errors, ${timeouts} timeouts, ${non2xx} answers that are no success`);
  }
  return { rate: times.length / duration, p50: quantile(times, 0.5) };
}
