import { randomUUID } from 'node:crypto';
import { onTestFinished } from 'vitest';
import type { ServiceRef, ServiceSpec } from '../../activities/workload/workload-host.js';
import type { Colour } from '../../domain/colour.js';
import type { Account } from './account.js';
import { platformOn } from './platform-on.js';
import type { Scene } from './release-scene.js';
import { startLocalServer } from '../contract/local-server.js';
import { until } from '../contract/until.js';

interface RunningService {
  readonly colour: Colour;
  readonly desiredCount?: number;
  /** A service and revision it is like. */
  readonly like?: ServiceRef;
}

/** A colour's service as an earlier release has left it; returns when all its tasks are healthy targets. */
export async function runService(
  { aws }: Account,
  scene: Scene,
  { colour, desiredCount = 1, like }: RunningService,
): Promise<ServiceSpec> {
  const { host } = platformOn(aws.clients);
  const taskDefinitionArn = await host.registerRevision({
    family: scene.release.lane.service,
    releaseTag: `before-${colour}`,
    image: aws.image,
    container: aws.container,
    ...(like === undefined ? {} : { template: like }),
  });
  const service: ServiceSpec = {
    ...scene.serviceOf(colour),
    taskDefinitionArn,
    desiredCount,
    targetGroupArn: scene.groups[colour],
    container: aws.container,
    healthCheckGraceSeconds: 0,
    token: randomUUID().slice(0, 32),
    ...(like === undefined ? {} : { template: like }),
  };
  await host.createService(service);
  await untilHealthy(aws, service.targetGroupArn, desiredCount);
  return service;
}

/** One more target that is no task, which makes so many `healthy`: a rule does not ask who answers. */
export async function standIn({ aws }: Account, targetGroupArn: string, healthy = 1): Promise<void> {
  const server = await startLocalServer((_, response) => void response.end());
  onTestFinished(() => server.close());
  const Targets = [{ Id: '127.0.0.1', Port: server.port }];
  await aws.clients.elb.registerTargets({ TargetGroupArn: targetGroupArn, Targets });
  await untilHealthy(aws, targetGroupArn, healthy);
}

async function untilHealthy({ clients }: Account['aws'], targetGroupArn: string, count: number): Promise<void> {
  if (count === 0) return;
  await until(
    () => platformOn(clients).router.readTargets(targetGroupArn),
    (targets) => targets.filter(({ health }) => health === 'healthy').length === count,
  );
}
