import { randomUUID } from 'node:crypto';

import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';

import { createEcsWorkloadHost } from '../../../activities/workload/ecs-workload-host.js';
import type { ServiceSpec, WorkloadHost } from '../../../activities/workload/workload-host.js';
import { createTargetGroups, createWeightedRule, known, uniqueName } from '../../contract/aws-world.js';
import { clientsAt } from '../../contract/local-server.js';
import { type SimulatorWorld, startSimulatorWorld } from '../../contract/simulator.js';
import { until } from '../../contract/until.js';

const impatientMs = 300;

let world: SimulatorWorld;
let host: WorkloadHost;
/** For the calls whose answer is lost. */
let impatient: WorkloadHost;

beforeAll(async () => {
  world = await startSimulatorWorld();
  host = createEcsWorkloadHost({ ecs: world.clients.ecs, staleReadMs: 1_000 });
  impatient = createEcsWorkloadHost(clientsAt(world.endpoint, { requestTimeoutMs: impatientMs }));
});

afterEach(() => world.forgetCalls());

afterAll(() => world?.stop());

describe('an ECS that throttles', () => {
  test('is asked again at once', async () => {
    await world.armFault({ kind: 'throttle', operation: 'RegisterTaskDefinition' });
    await expect(host.registerRevision(revision())).resolves.toMatch(/task-definition/);
    expect(await outcomes('RegisterTaskDefinition')).toEqual(['ThrottlingException', 'ok']);
  });

  test('is left alone when it goes on, and that is said', async () => {
    await world.armFault({ kind: 'throttle', operation: 'ListTaskDefinitions', times: 2 });
    await expect(host.findRevision(revision())).rejects.toMatchObject({
      code: 'aws-throttled',
      message: expect.stringMatching(/could not list the task definitions of .* 2 attempts/) as string,
    });
  });
});

describe('an answer that is lost after the effect', () => {
  test('does not register a revision twice: the tag finds it', async () => {
    const spec = revision();
    await world.armFault({ kind: 'timeout-after-effect', operation: 'RegisterTaskDefinition' });
    await expect(impatient.registerRevision(spec)).rejects.toMatchObject({ code: 'aws-unreachable' });
    expect(await host.findRevision(spec)).toMatch(/:1$/);
    expect(await outcomes('RegisterTaskDefinition')).toEqual(['no answer']);
  });

  test('does not make another service of the same creation', async () => {
    const service = await serviceSpec();
    await world.armFault({ kind: 'timeout-after-effect', operation: 'CreateService' });
    await expect(impatient.createService(service)).rejects.toMatchObject({ code: 'aws-unreachable' });
    const [first] = (await describeService(service)).deployments ?? [];
    await host.createService(service);
    expect(await outcomes('CreateService')).toEqual(['no answer', 'ok']);
    expect((await describeService(service)).deployments).toMatchObject([{ id: known(first?.id) }]);
  });

  test('starts no second deployment of the same change', async () => {
    const service = await createdService();
    const next = { taskDefinitionArn: await host.registerRevision(revision()), desiredCount: 0 };
    await world.armFault({ kind: 'timeout-after-effect', operation: 'UpdateService' });
    await expect(impatient.changeService(service, next)).rejects.toMatchObject({ code: 'aws-unreachable' });
    const [first] = (await describeService(service)).deployments ?? [];
    await host.changeService(service, next);
    expect(await outcomes('UpdateService')).toEqual(['no answer', 'ok']);
    expect((await describeService(service)).deployments?.[0]?.id).toBe(known(first?.id));
    expect(await host.readService(service)).toEqual(next);
  });
});

test('a call that was lost before its effect is made good by the next', async () => {
  const service = await createdService();
  const next = { taskDefinitionArn: await host.registerRevision(revision()), desiredCount: 0 };
  await world.armFault({ kind: 'timeout-before-effect', operation: 'UpdateService' });
  await expect(impatient.changeService(service, next)).rejects.toMatchObject({ code: 'aws-unreachable' });
  expect(await host.readService(service)).not.toEqual(next);
  await host.changeService(service, next);
  expect(await host.readService(service)).toEqual(next);
});

describe('a stale read', () => {
  test('of the deployment before ours is not taken for a replacement', async () => {
    const service = await createdService();
    const next = { taskDefinitionArn: await host.registerRevision(revision()), desiredCount: 0 };
    await host.changeService(service, next);
    await world.armFault({ kind: 'stale-read', operation: 'DescribeServices' });
    expect(await host.observeService(service, next)).toMatchObject({ kind: 'completed' });
  });

  test('of the time before a service was made is no failure of it', async () => {
    const service = await createdService();
    await world.armFault({ kind: 'stale-read', operation: 'DescribeServices' });
    expect(await host.observeService(service, service)).toEqual({
      kind: 'in-progress',
      running: 0,
      detail: `ECS does not show service ${service.service} in cluster ${service.cluster} yet`,
    });
  });
});

describe('observing a rollout', () => {
  test('tells that the circuit breaker went back, and why', async () => {
    const service = await serviceSpec({ desiredCount: 1 });
    await createWithOwnWayBack(service);
    await ended(service);
    const bad = { taskDefinitionArn: await host.registerRevision(revision(world.brokenImage)), desiredCount: 1 };
    await host.changeService(service, bad);
    const rollout = await until(
      () => host.observeService(service, bad),
      (seen) => seen.kind !== 'in-progress',
    );
    expect(rollout).toMatchObject({ kind: 'failed' });
    const reason = rollout.kind === 'failed' ? rollout.reason : '';
    expect(reason).toContain(`expected deployment of ${bad.taskDefinitionArn}, found ${service.taskDefinitionArn}`);
    expect(reason).toContain('circuit breaker: rolling back');
    expect(reason).toMatch(/task [0-9a-f]+: Essential container in task exited; shop: exit code 3/);
    await emptied(service);
  });

  test('does not call a size reached while tasks are still on their way up', async () => {
    const service = await serviceSpec({ desiredCount: 1 });
    await world.armFault({ kind: 'slow-start', milliseconds: 1_000 });
    await host.createService(service);
    expect(await host.observeService(service, service)).toMatchObject({ kind: 'in-progress', running: 0 });
    expect(await ended(service)).toMatchObject({ kind: 'completed', running: 1 });
    await emptied(service);
  });

  test('does not call a service empty while a task is draining', async () => {
    const service = await serviceSpec({ desiredCount: 1 });
    await host.createService(service);
    await ended(service);
    const empty = { ...service, desiredCount: 0 };
    await host.changeService(service, empty);
    const draining = await until(
      () => host.observeService(service, empty),
      (seen) => seen.kind === 'in-progress' && seen.detail.includes('DEACTIVATING'),
    );
    expect(draining).toMatchObject({ running: 1, detail: '1 tasks are left: DEACTIVATING' });
    expect(await ended(empty)).toEqual({ kind: 'completed', running: 0, addresses: [] });
  });

  test('fails for a service that was deleted', async () => {
    const service = await createdService();
    await world.clients.ecs.deleteService({ cluster: service.cluster, service: service.service });
    expect(await ended(service)).toMatchObject({
      kind: 'failed',
      reason: expect.stringMatching(/expected an active service, found it (DRAINING|INACTIVE)/) as string,
    });
  });
});

test('refuses to read a service that is being deleted, since it can be neither changed nor made', async () => {
  const service = await serviceSpec({ desiredCount: 1 });
  await host.createService(service);
  await ended(service);
  await world.clients.ecs.deleteService({ cluster: service.cluster, service: service.service, force: true });
  await expect(host.readService(service)).rejects.toMatchObject({
    code: 'aws-refused',
    message: expect.stringContaining('wait until ECS has deleted it') as string,
  });
  await until(
    () => host.readService(service).catch(() => 'draining'),
    (found) => found === null,
  );
});

function revision(image = world.image) {
  return { family: uniqueName('shop'), releaseTag: 'shop-1.4.2', image, container: world.container };
}

async function serviceSpec({ desiredCount = 0 } = {}): Promise<ServiceSpec> {
  const groups = await createTargetGroups(world);
  await createWeightedRule(world, groups);
  return {
    cluster: world.cluster,
    service: uniqueName('blue'),
    taskDefinitionArn: await host.registerRevision(revision()),
    desiredCount,
    targetGroupArn: groups.blue,
    container: world.container,
    healthCheckGraceSeconds: 0,
    token: randomUUID(),
  };
}

async function createdService(): Promise<ServiceSpec> {
  const service = await serviceSpec();
  await host.createService(service);
  return service;
}

/** A service somebody else has made, whose circuit breaker goes back by itself. */
async function createWithOwnWayBack(service: ServiceSpec): Promise<void> {
  const { subnets, securityGroups, name, port } = service.container;
  await world.clients.ecs.createService({
    cluster: service.cluster,
    serviceName: service.service,
    taskDefinition: service.taskDefinitionArn,
    desiredCount: service.desiredCount,
    launchType: 'FARGATE',
    deploymentConfiguration: { deploymentCircuitBreaker: { enable: true, rollback: true } },
    networkConfiguration: {
      awsvpcConfiguration: { subnets: [...subnets], securityGroups: [...(securityGroups ?? [])] },
    },
    loadBalancers: [{ targetGroupArn: service.targetGroupArn, containerName: name, containerPort: port }],
  });
}

function ended(service: ServiceSpec) {
  return until(
    () => host.observeService(service, service),
    (seen) => seen.kind !== 'in-progress',
  );
}

async function emptied(service: ServiceSpec): Promise<void> {
  const empty = { ...service, desiredCount: 0 };
  await host.changeService(service, empty);
  await ended(empty);
}

async function describeService({ cluster, service }: ServiceSpec) {
  const { services } = await world.clients.ecs.describeServices({ cluster, services: [service] });
  return known(services?.[0]);
}

async function outcomes(operation: string): Promise<string[]> {
  return (await world.calls(operation)).map(({ outcome }) => outcome);
}
