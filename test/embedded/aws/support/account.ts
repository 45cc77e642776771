import { createHash } from 'node:crypto';
import { CloudWatchClient } from '@aws-sdk/client-cloudwatch';
import { DescribeServicesCommand, ECSClient, type Service } from '@aws-sdk/client-ecs';
import {
  DescribeTargetHealthCommand,
  ElasticLoadBalancingV2Client,
  type TargetHealthDescription,
} from '@aws-sdk/client-elastic-load-balancing-v2';
import { type SimulatorOptions, startSimulator } from '../../../../embedded/aws/simulator.js';

/** A simulated account with the SDK's own clients, as a test uses it. */
export interface Account {
  readonly endpoint: string;
  readonly ecs: ECSClient;
  readonly elb: ElasticLoadBalancingV2Client;
  readonly cloudWatch: CloudWatchClient;
  /** Calls the simulator's own side; throws unless it answers 200. */
  admin<T = unknown>(method: string, path: string, body?: object): Promise<T>;
  /** Registers what a script does as an image; answers the image's reference. */
  image(script: string, environment?: Record<string, string>): Promise<string>;
  service(name: string): Promise<Service>;
  targets(targetGroupArn: string): Promise<TargetHealthDescription[]>;
  close(): Promise<void>;
}

const credentials = { accessKeyId: 'test', secretAccessKey: 'test' };

/** Fast timings unless a test asks for others; attempts are 1, so that a test sees each answer. */
export async function openAccount(options: SimulatorOptions = {}): Promise<Account> {
  const simulator = await startSimulator({
    ...options,
    timings: {
      reconcileMs: 20,
      healthCheckIntervalMs: 100,
      initialHealthCheckMs: 30,
      deregistrationDelayMs: 200,
      restartBackoffMs: 50,
      shutdownGraceMs: 2_000,
      ...options.timings,
    },
  });
  const config = { endpoint: simulator.endpoint, region: 'us-east-1', credentials, maxAttempts: 1 };
  const ecs = new ECSClient(config);
  const elb = new ElasticLoadBalancingV2Client(config);
  const cloudWatch = new CloudWatchClient(config);

  const account: Account = {
    endpoint: simulator.endpoint,
    ecs,
    elb,
    cloudWatch,
    async admin(method, path, body) {
      const request = body === undefined ? { method } : { method, body: JSON.stringify(body) };
      const response = await fetch(`${simulator.endpoint}${path}`, request);
      const text = await response.text();
      if (response.status !== 200) throw new Error(`${method} ${path}: ${response.status} ${text}`);
      return JSON.parse(text);
    },
    async image(script, environment = {}) {
      const digest = `sha256:${createHash('sha256').update(script).digest('hex')}`;
      await account.admin('PUT', '/_simulator/images', {
        digest,
        command: [process.execPath, '--input-type=module', '--eval', script],
        environment,
      });
      return `app@${digest}`;
    },
    async service(name) {
      const { services = [] } = await ecs.send(new DescribeServicesCommand({ cluster: 'test', services: [name] }));
      const [service] = services;
      if (service === undefined) throw new Error(`there is no service ${name}`);
      return service;
    },
    async targets(TargetGroupArn) {
      const { TargetHealthDescriptions = [] } = await elb.send(new DescribeTargetHealthCommand({ TargetGroupArn }));
      return TargetHealthDescriptions;
    },
    async close() {
      for (const client of [ecs, elb, cloudWatch]) client.destroy();
      await simulator.stop();
    },
  };
  return account;
}
