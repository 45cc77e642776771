import { randomUUID } from 'node:crypto';

import { createEcsWorkloadHost } from '../../activities/workload/ecs-workload-host.js';
import type { RevisionSpec, Rollout, ServiceSpec, WorkloadHost } from '../../activities/workload/workload-host.js';
import { type AwsWorld, createTargetGroups, createWeightedRule, known, uniqueName } from './aws-world.js';
import { until } from './until.js';

/** Two findings about moto rest on this. */
export const staleDeployment =
  'which stores the new task definition beside the deployment and makes no other deployment';

export async function releaseIn(world: AwsWorld) {
  const { container, image, cluster } = world;
  const host = createEcsWorkloadHost({ ecs: world.clients.ecs, staleReadMs: 0 });
  const spec: RevisionSpec = { family: uniqueName('shop'), releaseTag: 'shop-1.4.2', image, container };
  return Promise.resolve({ host, cluster, spec });
}

export async function registerTwice(world: AwsWorld) {
  const { host, spec } = await releaseIn(world);
  const oldest = await host.registerRevision(spec);
  const newest = await host.registerRevision(spec);
  return { oldest, newest, found: await host.findRevision(spec) };
}

export async function serviceIn(world: AwsWorld, { desiredCount, image }: { desiredCount: number; image?: string }) {
  const { host, cluster, spec } = await releaseIn(world);
  const groups = await createTargetGroups(world);
  await createWeightedRule(world, groups);
  const service: ServiceSpec = {
    cluster,
    service: uniqueName('blue'),
    taskDefinitionArn: await host.registerRevision({ ...spec, image: image ?? spec.image }),
    desiredCount,
    targetGroupArn: groups.blue,
    container: world.container,
    healthCheckGraceSeconds: 0,
    token: randomUUID(),
  };
  return { host, spec, service };
}

export async function brokenServiceIn(world: AwsWorld) {
  const { host, service } = await serviceIn(world, { desiredCount: 1, image: world.brokenImage });
  await host.createService(service);
  return { host, service };
}

export async function createOverAnother(world: AwsWorld) {
  const { host, spec, service } = await serviceIn(world, { desiredCount: 0 });
  await host.createService(service);
  const another = await host.registerRevision({ ...spec, releaseTag: 'shop-another' });
  const creation = host.createService({ ...service, taskDefinitionArn: another, token: randomUUID() });
  creation.catch(() => undefined);
  return { host, service, creation };
}

export async function changeRevision(world: AwsWorld) {
  const { host, spec, service } = await serviceIn(world, { desiredCount: 0 });
  await host.createService(service);
  const revision = await host.registerRevision({ ...spec, releaseTag: 'shop-next' });
  const wanted = { taskDefinitionArn: revision, desiredCount: 0 };
  await host.changeService(service, wanted);
  return { host, service, wanted };
}

export async function createdService(world: AwsWorld) {
  const { host, service } = await serviceIn(world, { desiredCount: 0 });
  await host.createService(service);
  return describe(world, service);
}

export async function describe(world: AwsWorld, { cluster, service }: ServiceSpec) {
  const { services } = await world.clients.ecs.describeServices({ cluster, services: [service] });
  return known(services?.[0]);
}

export async function deploymentIdOf(world: AwsWorld, service: ServiceSpec) {
  return known((await describe(world, service)).deployments?.[0]?.id);
}

export function endOf(host: WorkloadHost, service: ServiceSpec): Promise<Rollout> {
  return until(
    () => host.observeService(service, service),
    (rollout) => rollout.kind !== 'in-progress',
  );
}
