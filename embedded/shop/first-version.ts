import { setTimeout as sleep } from 'node:timers/promises';
import type { TrafficRouter } from '../../activities/traffic/traffic-router.js';
import type { WorkloadHost } from '../../activities/workload/workload-host.js';
import type { ContainerRequest } from '../../domain/release-request.js';
import type { Infrastructure } from './infrastructure.js';
import { image } from './versions.js';

export const shopContainer: ContainerRequest = {
  name: 'shop',
  port: 8080,
  cpu: '256',
  memory: '512',
  environment: {},
  secrets: { DATABASE_URL: 'shop-database-url' },
  subnets: ['subnet-a', 'subnet-b'],
  securityGroups: ['sg-shop'],
  stopTimeoutSeconds: 30,
};

const pollMs = 200;
const timeoutMs = 60_000;

/** Version 1 on blue, as a team has it running before it ever heard of sluice. */
export async function deployFirstVersion(parts: {
  readonly host: WorkloadHost;
  readonly router: TrafficRouter;
  readonly infrastructure: Infrastructure;
  readonly desiredCount: number;
}): Promise<void> {
  const { host, router, infrastructure, desiredCount } = parts;
  const taskDefinitionArn = await host.registerRevision({
    family: 'shop',
    releaseTag: 'by-hand/1',
    image: image('1'),
    container: shopContainer,
  });
  await host.createService({
    cluster: infrastructure.cluster,
    service: 'shop-blue',
    taskDefinitionArn,
    desiredCount,
    targetGroupArn: infrastructure.blueTargetGroupArn,
    container: shopContainer,
    healthCheckGraceSeconds: 0,
    token: 'shop-blue-by-hand',
  });
  const deadline = Date.now() + timeoutMs;
  for (;;) {
    const targets = await router.readTargets(infrastructure.blueTargetGroupArn);
    if (targets.filter(({ health }) => health === 'healthy').length >= desiredCount) return;
    if (Date.now() > deadline) {
      throw new Error(`version 1 of the shop did not come up in ${timeoutMs / 1000} s: ${JSON.stringify(targets)}`);
    }
    await sleep(pollMs);
  }
}
