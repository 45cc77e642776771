import { randomUUID } from 'node:crypto';

import { createEcsWorkloadHost } from '../../activities/workload/ecs-workload-host.js';
import type { RevisionSpec, Rollout, ServiceSpec, WorkloadHost } from '../../activities/workload/workload-host.js';
import type { ContainerRequest } from '../../domain/release-request.js';
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

/** A task definition with much that no manifest states, live in a service that was made by other means than sluice. */
export async function liveServiceIn(world: AwsWorld) {
  const { host, cluster, spec } = await releaseIn(world);
  const { ecs } = world.clients;
  const { name, port, cpu, memory } = world.container;
  const groups = await createTargetGroups(world);
  await createWeightedRule(world, groups);
  const { taskDefinition } = await ecs.registerTaskDefinition({
    family: spec.family,
    requiresCompatibilities: ['FARGATE'],
    networkMode: 'awsvpc',
    cpu,
    memory,
    executionRoleArn: 'arn:aws:iam::123456789012:role/execution',
    taskRoleArn: 'arn:aws:iam::123456789012:role/shop',
    runtimePlatform: { cpuArchitecture: 'ARM64', operatingSystemFamily: 'LINUX' },
    ephemeralStorage: { sizeInGiB: 40 },
    volumes: [{ name: 'scratch', host: {} }],
    containerDefinitions: [
      {
        name,
        image: world.image,
        essential: true,
        entryPoint: ['/bin/run'],
        command: ['serve'],
        user: '1000',
        portMappings: [{ name: 'http', containerPort: port, protocol: 'tcp', appProtocol: 'http' }],
        environment: [{ name: 'REGION', value: 'north' }],
        secrets: [{ name: 'TOKEN', valueFrom: 'arn:aws:ssm:us-east-1:123456789012:parameter/shop/token' }],
        logConfiguration: {
          logDriver: 'awslogs',
          options: { 'awslogs-group': '/shop', 'awslogs-region': 'us-east-1' },
        },
        healthCheck: { command: ['CMD-SHELL', 'curl -f localhost'], interval: 10, timeout: 5, retries: 3 },
        mountPoints: [{ sourceVolume: 'scratch', containerPath: '/scratch', readOnly: false }],
        ulimits: [{ name: 'nofile', softLimit: 4096, hardLimit: 8192 }],
        linuxParameters: { initProcessEnabled: true },
        dependsOn: [{ containerName: 'proxy', condition: 'START' }],
        readonlyRootFilesystem: true,
        stopTimeout: 77,
      },
      { name: 'proxy', image: world.image, essential: false, environment: [{ name: 'LEVEL', value: 'warn' }] },
    ],
    tags: [
      { key: 'team', value: 'checkout' },
      { key: 'sluice:release', value: 'an/earlier/1' },
    ],
  });
  const [subnet] = world.container.subnets;
  const live = { cluster, service: uniqueName('live') };
  const { service } = await ecs.createService({
    cluster,
    serviceName: live.service,
    taskDefinition: known(taskDefinition?.taskDefinitionArn),
    desiredCount: 0,
    capacityProviderStrategy: [{ capacityProvider: 'FARGATE_SPOT', weight: 1, base: 0 }],
    platformVersion: '1.4.0',
    enableExecuteCommand: true,
    enableECSManagedTags: true,
    propagateTags: 'SERVICE',
    healthCheckGracePeriodSeconds: 45,
    networkConfiguration: {
      awsvpcConfiguration: {
        subnets: [known(subnet)],
        securityGroups: [...(world.container.securityGroups ?? [])],
        assignPublicIp: 'ENABLED',
      },
    },
    loadBalancers: [{ targetGroupArn: groups.blue, containerName: name, containerPort: port }],
    tags: [{ key: 'cost-centre', value: '42' }],
  });
  return {
    host,
    groups,
    live,
    definition: known(taskDefinition),
    made: known(service),
    spec: { ...spec, template: live },
  };
}

/** What a manifest states when it states nothing it need not. */
export function barest({ container: { name, port, cpu, memory, subnets } }: AwsWorld): ContainerRequest {
  return { name, port, cpu, memory, subnets };
}

export async function createLike(world: AwsWorld) {
  const { host, groups, live, spec, made } = await liveServiceIn(world);
  const container = barest(world);
  const service: ServiceSpec = {
    cluster: live.cluster,
    service: uniqueName('green'),
    taskDefinitionArn: await host.registerRevision({ ...spec, container }),
    desiredCount: 0,
    targetGroupArn: groups.green,
    container,
    template: live,
    token: randomUUID(),
  };
  await host.createService(service);
  const { services } = await world.clients.ecs.describeServices({
    cluster: live.cluster,
    services: [service.service],
    include: ['TAGS'],
  });
  return { created: known(services?.[0]), made, service };
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
