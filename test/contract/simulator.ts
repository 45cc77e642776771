import { setTimeout as pause } from 'node:timers/promises';

import type { AwsClients } from '../../activities/aws-clients.js';
import { type Simulator, startSimulator } from '../../embedded/aws/simulator.js';
import { type AwsWorld, type CountedTraffic, type MeasuredWindow, known, pathOf } from './aws-world.js';
import { clientsAt, startLocalServer } from './local-server.js';
import { until } from './until.js';

const healthyDigest = `sha256:${'1'.repeat(64)}`;
const brokenDigest = `sha256:${'2'.repeat(64)}`;

/** Answers everything, health checks too, with 200; ends when its stdin closes. */
const service = `
  require('node:http').createServer((request, response) => response.end('ok')).listen(process.env.PORT, process.env.HOST);
  process.stdin.resume().on('close', () => process.exit());
`;

/** Quick enough for tests, and slow enough that a draining target can be seen. */
const timings = {
  reconcileMs: 50,
  healthCheckIntervalMs: 1_000,
  initialHealthCheckMs: 50,
  deregistrationDelayMs: 2_000,
  stopTimeoutMs: 2_000,
  restartBackoffMs: 50,
};

export interface SimulatorWorld extends AwsWorld {
  readonly name: 'simulator';
  readonly endpoint: string;
  /** `POST /_simulator/faults` */
  armFault(fault: Readonly<Record<string, string | number>>): Promise<void>;
  /** The AWS calls since the last `forgetCalls`, by operation, oldest first. */
  calls(operation: string): Promise<readonly Call[]>;
  forgetCalls(): Promise<void>;
}

export interface Call {
  readonly operation: string;
  readonly outcome: string;
}

export async function startSimulatorWorld(): Promise<SimulatorWorld> {
  const simulator = await startSimulator({ timings });
  try {
    return await furnish(simulator);
  } catch (error) {
    await simulator.stop();
    throw error;
  }
}

async function furnish(simulator: Simulator): Promise<SimulatorWorld> {
  const { endpoint } = simulator;
  const clients = clientsAt(endpoint, { requestTimeoutMs: 10_000 });
  await putImages(endpoint);
  const { cluster } = await clients.ecs.createCluster({ clusterName: 'contract' });
  const subnets = ['subnet-0a1b2c3d4e5f60718', 'subnet-0a1b2c3d4e5f60719'];
  const { LoadBalancers } = await clients.elb.createLoadBalancer({ Name: 'contract', Subnets: subnets });
  const { Listeners } = await clients.elb.createListener({
    LoadBalancerArn: known(LoadBalancers?.[0]?.LoadBalancerArn),
    Protocol: 'HTTP',
    Port: 0,
    DefaultActions: [{ Type: 'fixed-response', FixedResponseConfig: { StatusCode: '404' } }],
  });
  const listener = known(Listeners?.[0]);
  const listenerArn = known(listener.ListenerArn);
  let priority = 0;
  const nextPriority = () => (priority += 1);
  return {
    name: 'simulator',
    endpoint,
    clients,
    cluster: known(cluster?.clusterName),
    vpcId: 'vpc-0a1b2c3d4e5f60718',
    container: {
      name: 'shop',
      port: 8080,
      cpu: '256',
      memory: '512',
      environment: { GREETING: 'hello' },
      secrets: {},
      subnets,
      securityGroups: ['sg-0a1b2c3d4e5f60718'],
      stopTimeoutSeconds: 5,
    },
    image: `shop@${healthyDigest}`,
    brokenImage: `shop@${brokenDigest}`,
    listenerArn,
    nextPriority,
    haveCounted: (targetGroupArn, traffic) => {
      const url = `http://127.0.0.1:${known(listener.Port)}`;
      return sendThrough({ clients, listenerArn, priority: nextPriority(), url, targetGroupArn, traffic });
    },
    armFault: (fault) => admin(endpoint, 'POST', 'faults', fault).then(() => undefined),
    calls: async (operation) =>
      ((await admin(endpoint, 'GET', 'calls')) as Call[]).filter((call) => call.operation === operation),
    forgetCalls: () => admin(endpoint, 'DELETE', 'calls').then(() => undefined),
    stop: () => simulator.stop(),
  };
}

async function putImages(endpoint: string): Promise<void> {
  await admin(endpoint, 'PUT', 'images', { digest: healthyDigest, command: [process.execPath, '-e', service] });
  await admin(endpoint, 'PUT', 'images', {
    digest: brokenDigest,
    command: [process.execPath, '-e', 'process.exit(3)'],
  });
}

async function admin(endpoint: string, method: string, path: string, body?: object): Promise<unknown> {
  const response = await fetch(`${endpoint}/_simulator/${path}`, {
    method,
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  });
  if (!response.ok) throw new Error(`${method} ${path} answered ${response.status}: ${await response.text()}`);
  return response.json();
}

/** Real requests through the real load balancer, by a rule that leads to this target group alone. */
async function sendThrough(order: {
  readonly clients: AwsClients;
  readonly listenerArn: string;
  readonly priority: number;
  readonly url: string;
  readonly targetGroupArn: string;
  readonly traffic: CountedTraffic;
}): Promise<MeasuredWindow> {
  const { clients, targetGroupArn, traffic } = order;
  const path = `/only${pathOf(targetGroupArn)}`;
  await clients.elb.createRule({
    ListenerArn: order.listenerArn,
    Priority: order.priority,
    Conditions: [{ Field: 'path-pattern', PathPatternConfig: { Values: [`${path}/*`] } }],
    Actions: [{ Type: 'forward', ForwardConfig: { TargetGroups: [{ TargetGroupArn: targetGroupArn, Weight: 1 }] } }],
  });
  const server = await startLocalServer((request, response) => {
    const latencyMs = request.url === '/health' ? 0 : (traffic.latencyMs ?? 0);
    void pause(latencyMs).then(() => response.writeHead(request.url?.endsWith('/fail') === true ? 500 : 200).end());
  });
  try {
    await clients.elb.registerTargets({
      TargetGroupArn: targetGroupArn,
      Targets: [{ Id: '127.0.0.1', Port: server.port }],
    });
    await until(
      () => clients.elb.describeTargetHealth({ TargetGroupArn: targetGroupArn }),
      (seen) => seen.TargetHealthDescriptions?.[0]?.TargetHealth?.State === 'healthy',
    );
    const fromMs = Date.now();
    await send(traffic.answered, `${order.url}${path}/ok`);
    await send(traffic.failed, `${order.url}${path}/fail`);
    server.close();
    await send(traffic.connectionErrors ?? 0, `${order.url}${path}/lost`);
    return { fromMs, toMs: Date.now(), periodSeconds: 1 };
  } finally {
    server.close();
  }
}

async function send(count: number, url: string): Promise<void> {
  for (let sent = 0; sent < count; sent += 1) await (await fetch(url)).arrayBuffer();
}
