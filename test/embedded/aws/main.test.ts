import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import {
  CreateClusterCommand,
  CreateServiceCommand,
  ECSClient,
  RegisterTaskDefinitionCommand,
} from '@aws-sdk/client-ecs';
import { afterEach, expect, test } from 'vitest';
import { until } from './support/until.js';

const program = fileURLToPath(new URL('../../../dist/embedded/aws/main.js', import.meta.url));
const digest = `sha256:${'a'.repeat(64)}`;
const idle = "process.stdin.resume().once('close', () => process.exit(0)); setInterval(() => {}, 1000);";

let simulator: ChildProcess | undefined;
afterEach(() => simulator?.kill('SIGKILL'));

/** Starts the program on a leash and a task in it; answers the task's pid. */
async function startWithTask(): Promise<{ endpoint: string; pid: number; child: ChildProcess }> {
  const child = spawn(process.execPath, [program, '--reconcile-ms', '20', '--shutdown-grace-ms', '1000'], {
    stdio: ['pipe', 'pipe', 'ignore'],
    env: { ...process.env, EXIT_WHEN_STDIN_CLOSES: '1' },
  });
  simulator = child;
  const [line] = (await once(createInterface({ input: child.stdout }), 'line')) as [string];
  const { endpoint } = JSON.parse(line) as { endpoint: string };
  const command = [process.execPath, '--eval', idle];
  await fetch(`${endpoint}/_simulator/images`, { method: 'PUT', body: JSON.stringify({ digest, command }) });
  const credentials = { accessKeyId: 'test', secretAccessKey: 'test' };
  const ecs = new ECSClient({ endpoint, region: 'us-east-1', credentials });
  await ecs.send(new CreateClusterCommand({}));
  const containerDefinitions = [{ name: 'app', image: `app@${digest}` }];
  await ecs.send(new RegisterTaskDefinitionCommand({ family: 'idle', containerDefinitions }));
  await ecs.send(new CreateServiceCommand({ serviceName: 'idle', taskDefinition: 'idle', desiredCount: 1 }));
  ecs.destroy();
  const pid = await until('the task runs', async () => {
    const tasks = (await (await fetch(`${endpoint}/_simulator/tasks`)).json()) as { pid?: number }[];
    return tasks[0]?.pid;
  });
  return { endpoint, pid, child };
}

async function gone(pid: number): Promise<void> {
  await until(`process ${pid} is gone`, async () => {
    try {
      process.kill(pid, 0);
      return false;
    } catch {
      return true;
    }
  });
}

test('ends with its tasks, in good order, on SIGTERM', async () => {
  const { child, pid } = await startWithTask();
  child.kill('SIGTERM');
  const [code] = (await once(child, 'exit')) as [number];
  expect(code).toBe(0);
  await gone(pid);
});

test('ends with its tasks when its leash is let go', async () => {
  const { child, pid } = await startWithTask();
  child.stdin?.end();
  const [code] = (await once(child, 'exit')) as [number];
  expect(code).toBe(0);
  await gone(pid);
});

test('leaves no task behind even when it is killed', async () => {
  const { child, pid } = await startWithTask();
  child.kill('SIGKILL');
  await gone(pid);
});

test('refuses an option that is not a number', async () => {
  const child = spawn(process.execPath, [program, '--api-port', 'http'], { stdio: ['ignore', 'ignore', 'pipe'] });
  let said = '';
  child.stderr.on('data', (chunk: Buffer) => (said += chunk.toString()));
  const [code] = (await once(child, 'close')) as [number];
  expect(code).not.toBe(0);
  expect(said).toContain('expected a whole number');
});
