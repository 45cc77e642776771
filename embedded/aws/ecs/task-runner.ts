import { setTimeout as sleep } from 'node:timers/promises';
import type { Faults } from '../faults.js';
import type { createAddresses } from './address.js';
import type { Ecs } from './ecs.js';
import type { Registry } from './image.js';
import { servingContainer, type StopCode, type Task } from './store.js';
import { requestStop } from './task.js';
import { startTaskProcess, type TaskProcess } from './task-process.js';

const defaultStopTimeoutSeconds = 30;

/** Carries tasks through their life, from PROVISIONING to STOPPED. */
export interface TaskRunner {
  /** Takes the step that is due, if any. */
  advance(task: Task): void;
  /** The task's process; kept after its end, for its log. */
  process(taskId: string): TaskProcess | undefined;
  forget(taskId: string): void;
  /** SIGTERM to every process, SIGKILL to those that stay; resolves when all have ended. */
  stop(): Promise<void>;
}

export interface TaskRunnerDeps {
  readonly ecs: Ecs;
  readonly registry: Registry;
  readonly faults: Faults;
  readonly addresses: ReturnType<typeof createAddresses>;
}

export function createTaskRunner({ ecs, registry, faults, addresses }: TaskRunnerDeps): TaskRunner {
  const { store, targets, timings, log } = ecs;
  const processes = new Map<string, TaskProcess>();
  const starting = new Set<string>();
  let stopping = false;

  return {
    advance,
    process: (taskId) => processes.get(taskId),
    forget: (taskId) => void processes.delete(taskId),
    async stop() {
      stopping = true;
      const running = [...processes.values()];
      for (const process of running) process.signal('SIGTERM');
      const kill = setTimeout(() => {
        for (const process of running) process.signal('SIGKILL');
      }, timings.shutdownGraceMs);
      await Promise.all(running.map(({ ended }) => ended));
      clearTimeout(kill);
    },
  };

  function advance(task: Task): void {
    switch (task.lastStatus) {
      case 'PROVISIONING':
        task.lastStatus = 'PENDING';
        return;
      case 'PENDING':
        if (starting.has(task.id)) return;
        if (task.desiredStatus === 'STOPPED') return finish(task);
        starting.add(task.id);
        void start(task)
          .catch((error: unknown) => failToStart(task, `CannotStartContainerError: ${String(error)}`))
          .finally(() => starting.delete(task.id));
        return;
      case 'RUNNING':
        if (task.desiredStatus === 'STOPPED') deactivate(task);
        return;
      case 'DEACTIVATING':
        if (Date.now() < (task.leaveAt ?? 0)) return;
        task.lastStatus = 'STOPPING';
        task.leaveAt = Date.now() + stopTimeoutMs(task);
        processes.get(task.id)?.signal('SIGTERM');
        return;
      case 'STOPPING':
        if (Date.now() >= (task.leaveAt ?? 0)) processes.get(task.id)?.signal('SIGKILL');
        return;
      case 'DEPROVISIONING':
        return finish(task);
      case 'STOPPED':
        return;
    }
  }

  async function start(task: Task): Promise<void> {
    const container = servingContainer(store, task);
    const reference = container?.image ?? '';
    const image = registry.findImage(reference);
    if (image === undefined) {
      const text = `CannotPullContainerError: pull image manifest has been retried 1 time(s): failed to resolve ref ${reference}: ${reference}: not found`;
      return failToStart(task, text);
    }
    const secrets: [string, string][] = [];
    for (const { name = '', valueFrom = '' } of container?.secrets ?? []) {
      const value = registry.findSecret(valueFrom);
      if (value === undefined) {
        const text = `ResourceInitializationError: unable to pull secrets or registry auth: execution resource retrieval failed: unable to retrieve secret from asm: service call has been retried 1 time(s): failed to fetch secret ${valueFrom}: ResourceNotFoundException: Secrets Manager can't find the specified secret.`;
        return failToStart(task, text);
      }
      secrets.push([name, value]);
    }
    const { host, port } = await addresses.reserve();
    await sleep(faults.slowStart(), undefined, { ref: false });
    // Stopped meanwhile: the next look of the scheduler finishes it.
    if (stopping || task.desiredStatus === 'STOPPED') return;
    const process = startTaskProcess({
      command: [...image.command, ...(container?.command ?? [])],
      workingDirectory: image.workingDirectory,
      environment: {
        ...image.environment,
        ...Object.fromEntries((container?.environment ?? []).map(({ name = '', value = '' }) => [name, value])),
        ...Object.fromEntries(secrets),
        HOST: host,
        PORT: String(port),
      },
    });
    processes.set(task.id, process);
    task.address = host;
    task.port = port;
    task.startedAt = new Date();
    task.lastStatus = 'RUNNING';
    log('task started', { task: task.id, pid: process.pid, address: `${host}:${port}` });
    for (const group of groupsOf(task)) targets.register(group, host, port);
    void process.ended.then((end) => ended(task, end));
  }

  function failToStart(task: Task, reason: string): void {
    task.failed = true;
    stopNow(task, 'TaskFailedToStart', reason);
  }

  function deactivate(task: Task): void {
    const groups = groupsOf(task);
    deregister(task);
    const delay = Math.max(0, ...groups.map((group) => targets.deregistrationDelayMs(group)));
    task.lastStatus = 'DEACTIVATING';
    task.leaveAt = Date.now() + delay;
  }

  function ended(task: Task, { exitCode, error }: { exitCode: number; error?: string }): void {
    log('task ended', { task: task.id, exitCode, error });
    deregister(task);
    if (error === undefined) task.exitCode = exitCode;
    if (task.desiredStatus === 'STOPPED') {
      task.lastStatus = 'DEPROVISIONING';
      return;
    }
    task.failed = true;
    if (error === undefined) stopNow(task, 'EssentialContainerExited', 'Essential container in task exited');
    else stopNow(task, 'TaskFailedToStart', `CannotStartContainerError: ${error}`);
  }

  function stopNow(task: Task, code: StopCode, reason: string): void {
    requestStop(task, code, reason);
    task.lastStatus = 'DEPROVISIONING';
  }

  function finish(task: Task): void {
    task.lastStatus = 'STOPPED';
    task.stoppedAt = new Date();
  }

  function deregister(task: Task): void {
    if (task.address === undefined || task.port === undefined) return;
    for (const group of groupsOf(task)) targets.deregister(group, task.address, task.port);
  }

  function groupsOf(task: Task): string[] {
    const loadBalancers = store.services.get(task.serviceArn)?.loadBalancers ?? [];
    return loadBalancers.flatMap(({ targetGroupArn }) => (targetGroupArn === undefined ? [] : [targetGroupArn]));
  }

  function stopTimeoutMs(task: Task): number {
    const own = servingContainer(store, task)?.stopTimeout;
    return timings.stopTimeoutMs ?? (own ?? defaultStopTimeoutSeconds) * 1_000;
  }
}
