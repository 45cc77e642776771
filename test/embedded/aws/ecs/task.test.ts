import {
  DescribeTasksCommand,
  ListTasksCommand,
  type ListTasksCommandInput,
  StopTaskCommand,
  type Task,
  UpdateServiceCommand,
} from '@aws-sdk/client-ecs';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { type Account, openAccount } from '../support/account.js';
import { type BlueGreen, openBlueGreen } from '../support/blue-green.js';
import { until } from '../support/until.js';

let account: Account;
let shop: BlueGreen;
beforeEach(async () => {
  account = await openAccount({ timings: { deregistrationDelayMs: 600 } });
  shop = await openBlueGreen(account);
});
afterEach(() => account.close());

async function tasks(filter: ListTasksCommandInput = {}): Promise<Task[]> {
  const { taskArns = [] } = await account.ecs.send(new ListTasksCommand({ cluster: 'test', ...filter }));
  if (taskArns.length === 0) return [];
  const described = await account.ecs.send(new DescribeTasksCommand({ cluster: 'test', tasks: taskArns }));
  return described.tasks ?? [];
}

async function theTask(filter: ListTasksCommandInput = {}): Promise<Task> {
  return until('there is a task', async () => (await tasks(filter))[0]);
}

function idOf(task: Task): string {
  return task.taskArn?.split('/').at(-1) ?? '';
}

function addressOf(task: Task): string | undefined {
  return task.attachments?.[0]?.details?.find(({ name }) => name === 'privateIPv4Address')?.value;
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}

test('runs a task as a process with its own address, which the target group knows it by', async () => {
  await shop.serve('blue', 2);
  const running = await tasks({ serviceName: 'blue' });
  const addresses = running.map(addressOf);
  expect(new Set(addresses).size).toBe(2);
  const targets = await account.targets(shop.groups.blue);
  expect(targets.map(({ Target }) => Target?.Id).sort()).toEqual([...addresses].sort());
  const service = await account.service('blue');
  for (const task of running) {
    expect(task).toMatchObject({
      lastStatus: 'RUNNING',
      desiredStatus: 'RUNNING',
      group: 'service:blue',
      startedBy: service.deployments?.[0]?.id,
      taskDefinitionArn: service.taskDefinition,
    });
    expect(task.containers?.[0]?.networkInterfaces?.[0]?.privateIpv4Address).toBe(addressOf(task));
  }
});

test('gives the process its environment, its secrets and nothing of the simulator', async () => {
  process.env.OF_THE_SIMULATOR = '1';
  await account.admin('PUT', '/_simulator/secrets', { 'arn:db-password': 'hunter2' });
  const definition = await shop.taskDefinition('blue', {
    environment: { GREETING: 'hello' },
    secrets: [{ name: 'DB_PASSWORD', valueFrom: 'arn:db-password' }],
  });
  await shop.createService('blue', definition);
  await shop.healthy('blue', 1);
  const { env } = (await (await fetch(`${shop.url}/echo`)).json()) as { env: Record<string, string> };
  delete process.env.OF_THE_SIMULATOR;
  expect(env).toMatchObject({ GREETING: 'hello', DB_PASSWORD: 'hunter2', EXIT_WHEN_STDIN_CLOSES: '1' });
  expect(env).not.toHaveProperty('OF_THE_SIMULATOR');
});

test('keeps what a task wrote', async () => {
  await shop.serve('blue', 1);
  const log = await account.admin('GET', `/_simulator/tasks/${idOf(await theTask())}/log`);
  expect(log).toContainEqual({ stream: 'stdout', line: expect.stringMatching(/^listening on 127\./) });
});

test('stops a task whose image nobody knows, with the reason AWS gives', async () => {
  await shop.createService('blue', await shop.taskDefinition('blue', { image: 'app@sha256:unknown' }));
  const stopped = await theTask({ desiredStatus: 'STOPPED' });
  expect(stopped.stopCode).toBe('TaskFailedToStart');
  expect(stopped.stoppedReason).toMatch(/^CannotPullContainerError: .*app@sha256:unknown: not found$/);
});

test('stops a task whose secret nobody knows, with the reason AWS gives', async () => {
  const definition = await shop.taskDefinition('blue', { secrets: [{ name: 'KEY', valueFrom: 'arn:none' }] });
  await shop.createService('blue', definition);
  const stopped = await theTask({ desiredStatus: 'STOPPED' });
  expect(stopped.stoppedReason).toMatch(/^ResourceInitializationError: .*arn:none/);
});

test('finishes the requests in flight before it stops the task they run in', async () => {
  await shop.serve('blue', 1);
  const task = await theTask();
  const slow = fetch(`${shop.url}/slow?ms=500`);
  await until('the request is in flight', async () =>
    /alb_requests_in_flight\{target_group="blue"\} 1/.test(await (await fetch(`${account.endpoint}/metrics`)).text()),
  );
  await account.ecs.send(new UpdateServiceCommand({ cluster: 'test', service: 'blue', desiredCount: 0 }));
  await until('the task is deactivating', async () => (await describe(task)).lastStatus === 'DEACTIVATING');
  expect((await account.targets(shop.groups.blue))[0]?.TargetHealth?.State).toBe('draining');
  expect(await (await slow).text()).toBe('slow');
  expect((await describe(task)).lastStatus).toBe('DEACTIVATING');
  const stopped = await until('the task has stopped', async () => {
    const now = await describe(task);
    return now.lastStatus === 'STOPPED' ? now : undefined;
  });
  expect(stopped).toMatchObject({ stopCode: 'ServiceSchedulerInitiated', containers: [{ exitCode: 0 }] });
  const log = await account.admin('GET', `/_simulator/tasks/${idOf(task)}/log`);
  expect(log).toContainEqual({ stream: 'stdout', line: 'SIGTERM' });
});

test('kills a task that does not heed SIGTERM within its stop timeout', async () => {
  const image = await account.image(`
    process.on('SIGTERM', () => console.log('no'));
    setInterval(() => {}, 1000);
    process.stdin.resume().once('close', () => process.exit(0));
  `);
  await shop.createService('blue', await shop.taskDefinition('blue', { image, stopTimeout: 2 }), { loadBalancers: [] });
  const task = await until('the task runs', async () => (await tasks()).find((one) => one.lastStatus === 'RUNNING'));
  await new Promise((resolve) => setTimeout(resolve, 500));
  await account.ecs.send(new UpdateServiceCommand({ cluster: 'test', service: 'blue', desiredCount: 0 }));
  const stopped = await until('the task has stopped', async () => {
    const now = await describe(task);
    return now.lastStatus === 'STOPPED' ? now : undefined;
  });
  expect(stopped.containers?.[0]?.exitCode).toBe(137);
});

test('replaces a task that a user stopped', async () => {
  await shop.serve('blue', 1);
  const task = await theTask();
  await account.ecs.send(new StopTaskCommand({ cluster: 'test', task: task.taskArn, reason: 'drill' }));
  await until('another task runs', async () => (await tasks()).some((other) => other.taskArn !== task.taskArn));
  expect(await describe(task)).toMatchObject({ stopCode: 'UserInitiated', stoppedReason: 'drill' });
});

test('replaces a task whose process died, and takes it from the load balancer at once', async () => {
  await shop.serve('blue', 2);
  const task = await theTask();
  await account.admin('POST', `/_simulator/tasks/${idOf(task)}/kill`);
  await until('the task is out of rotation', async () => {
    const target = (await account.targets(shop.groups.blue)).find(({ Target }) => Target?.Id === addressOf(task));
    return target === undefined || target.TargetHealth?.State === 'draining';
  });
  await shop.healthy('blue', 2);
  expect(await describe(task)).toMatchObject({
    stopCode: 'EssentialContainerExited',
    stoppedReason: 'Essential container in task exited',
    containers: [{ exitCode: 137 }],
  });
});

test('replaces a task whose target turned unhealthy', async () => {
  const image = await account.image(`
    import { createServer } from 'node:http';
    const bornAt = Date.now();
    createServer((request, response) => {
      response.statusCode = Date.now() - bornAt > 1000 ? 500 : 200;
      response.end();
    }).listen(Number(process.env.PORT), process.env.HOST);
    process.stdin.resume().once('close', () => process.exit(0));
  `);
  await shop.createService('blue', await shop.taskDefinition('blue', { image }), { healthCheckGracePeriodSeconds: 3 });
  await shop.healthy('blue', 1);
  const task = await theTask();
  const stopped = await until('the task is stopped', async () => {
    const now = await describe(task);
    return now.desiredStatus === 'STOPPED' ? now : undefined;
  });
  expect(stopped.stoppedReason).toBe(`Task failed ELB health checks in (target-group ${shop.groups.blue})`);
});

test('leaves no process behind when it stops', async () => {
  await shop.serve('blue', 2);
  const pids = (await account.admin<{ pid: number }[]>('GET', '/_simulator/tasks')).map(({ pid }) => pid);
  expect(pids.every(isAlive)).toBe(true);
  await account.close();
  expect(pids.filter(isAlive)).toEqual([]);
  account = await openAccount();
});

test('describes a task that is not there as a failure', async () => {
  const { failures } = await account.ecs.send(new DescribeTasksCommand({ cluster: 'test', tasks: ['0123'] }));
  expect(failures).toMatchObject([{ reason: 'MISSING' }]);
});

async function describe(task: Task): Promise<Task> {
  const { tasks: found = [] } = await account.ecs.send(
    new DescribeTasksCommand({ cluster: 'test', tasks: [task.taskArn ?? ''] }),
  );
  const [now] = found;
  if (now === undefined) throw new Error(`${task.taskArn} is gone`);
  return now;
}
