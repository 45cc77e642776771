import { type Deployment, ListTasksCommand, type Service, UpdateServiceCommand } from '@aws-sdk/client-ecs';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { type Account, openAccount } from '../support/account.js';
import { type BlueGreen, openBlueGreen } from '../support/blue-green.js';
import { until } from '../support/until.js';

let account: Account;
let shop: BlueGreen;
beforeEach(async () => {
  account = await openAccount();
  shop = await openBlueGreen(account);
});
afterEach(() => account.close());

const withRollback = { deploymentCircuitBreaker: { enable: true, rollback: true } };

async function update(more: object): Promise<Service | undefined> {
  const { service } = await account.ecs.send(new UpdateServiceCommand({ cluster: 'test', service: 'blue', ...more }));
  return service;
}

async function primary(): Promise<Deployment> {
  const [deployment] = (await account.service('blue')).deployments ?? [];
  if (deployment === undefined) throw new Error('the service has no deployment');
  return deployment;
}

async function rollout(state: string): Promise<Deployment> {
  return until(`the rollout is ${state}`, async () => {
    const deployment = await primary();
    return deployment.rolloutState === state ? deployment : undefined;
  });
}

test('completes a deployment once its tasks are healthy and steady, and says so in the events', async () => {
  await shop.createService('blue', await shop.taskDefinition('blue'), { desiredCount: 2 });
  expect(await primary()).toMatchObject({ status: 'PRIMARY', rolloutState: 'IN_PROGRESS', desiredCount: 2 });
  const completed = await rollout('COMPLETED');
  expect(completed).toMatchObject({ runningCount: 2, pendingCount: 0, failedTasks: 0 });
  expect(completed.id).toMatch(/^ecs-svc\/\d{19}$/);
  const { events = [] } = await account.service('blue');
  expect(events.map(({ message }) => message)).toEqual([
    '(service blue) has reached a steady state.',
    `(service blue) (deployment ${completed.id}) deployment completed.`,
    expect.stringMatching(/^\(service blue\) has started 2 tasks: \(task \w+\) \(task \w+\)\.$/),
  ]);
});

test('keeps the deployment when only the count changes', async () => {
  await shop.serve('blue', 1);
  const before = await rollout('COMPLETED');
  await update({ desiredCount: 3 });
  await shop.healthy('blue', 3);
  expect(await primary()).toMatchObject({ id: before.id, rolloutState: 'COMPLETED', runningCount: 3 });
});

test('rolls another task definition out without going below the desired count of healthy targets', async () => {
  await shop.serve('blue', 2);
  const before = await rollout('COMPLETED');
  const taskDefinition = await shop.taskDefinition('blue', { environment: { COLOUR: 'azure' } });
  const updated = await update({ taskDefinition });
  expect(updated?.deployments).toMatchObject([
    { status: 'PRIMARY', taskDefinition, rolloutState: 'IN_PROGRESS' },
    { status: 'ACTIVE', id: before.id },
  ]);
  const after = await until('the rollout is over', async () => {
    const healthy = (await account.targets(shop.groups.blue)).filter((one) => one.TargetHealth?.State === 'healthy');
    expect(healthy.length).toBeGreaterThanOrEqual(2);
    const deployment = await primary();
    return deployment.rolloutState === 'COMPLETED' ? deployment : undefined;
  });
  expect(after.id).toBe(updated?.deployments?.[0]?.id);
  expect((await account.service('blue')).deployments).toHaveLength(1);
  expect(await (await fetch(shop.url)).text()).toBe('azure');
});

test('makes a new deployment of the same task definition when forced', async () => {
  await shop.serve('blue', 1);
  const before = await rollout('COMPLETED');
  await update({ forceNewDeployment: true });
  const after = await rollout('COMPLETED');
  expect(after.id).not.toBe(before.id);
  expect(after.taskDefinition).toBe(before.taskDefinition);
});

test('goes back to the last completed deployment, under a new id, when too many tasks fail', async () => {
  const good = await shop.taskDefinition('blue');
  await shop.createService('blue', good, { deploymentConfiguration: withRollback });
  const before = await rollout('COMPLETED');
  const broken = await shop.taskDefinition('blue', { image: await account.image('process.exit(1)') });
  const failing = (await update({ taskDefinition: broken }))?.deployments?.[0]?.id;
  const back = await until('the service is back', async () => {
    const deployment = await primary();
    return deployment.taskDefinition === good ? deployment : undefined;
  });
  expect([before.id, failing]).not.toContain(back.id);
  expect(back.rolloutStateReason).toBe(`ECS deployment circuit breaker: rolling back to deploymentId ${before.id}.`);
  const { events = [] } = await account.service('blue');
  expect(events.map(({ message }) => message)).toContain(
    `(service blue) (deployment ${failing}) deployment failed: tasks failed to start.`,
  );
  expect(await rollout('COMPLETED')).toMatchObject({ id: back.id });
  expect(await (await fetch(shop.url)).text()).toBe('blue');
});

test('counts tasks that never become healthy as failed', async () => {
  await shop.createService('blue', await shop.taskDefinition('blue'), { deploymentConfiguration: withRollback });
  await rollout('COMPLETED');
  const sick = await shop.taskDefinition('blue', { environment: { HEALTH: '500' } });
  await update({ taskDefinition: sick, healthCheckGracePeriodSeconds: 0 });
  await until('the service is back', async () => (await primary()).taskDefinition !== sick);
});

test('fails and starts nothing more when there is no rollback', async () => {
  const image = await account.image('process.exit(1)');
  await shop.createService('blue', await shop.taskDefinition('blue', { image }), {
    deploymentConfiguration: { deploymentCircuitBreaker: { enable: true, rollback: false } },
  });
  const failed = await rollout('FAILED');
  expect(failed).toMatchObject({
    failedTasks: 3,
    rolloutStateReason: 'ECS deployment circuit breaker: tasks failed to start.',
  });
  await new Promise((resolve) => setTimeout(resolve, 500));
  expect(await stoppedTasks()).toHaveLength(3);
});

test('replaces failing tasks ever more slowly when nothing breaks the circuit', async () => {
  const image = await account.image('process.exit(1)');
  await shop.createService('blue', await shop.taskDefinition('blue', { image }));
  const startedAt = Date.now();
  await until('six tasks have failed', async () => (await primary()).failedTasks === 6);
  // Five pauses: 50 + 100 + 200 + 400 + 800 ms.
  expect(Date.now() - startedAt).toBeGreaterThan(1_550);
  expect((await primary()).rolloutState).toBe('IN_PROGRESS');
});

async function stoppedTasks(): Promise<string[]> {
  const { taskArns = [] } = await account.ecs.send(
    new ListTasksCommand({ cluster: 'test', serviceName: 'blue', desiredStatus: 'STOPPED' }),
  );
  return taskArns;
}
