import { tripCircuitBreaker } from './circuit-breaker.js';
import { addEvent, isRunning, primaryOf } from './deployment.js';
import type { Ecs } from './ecs.js';
import { type Service, type Task, tasksOf } from './store.js';
import { createTask, requestStop } from './task.js';
import { planTasks } from './task-plan.js';
import type { TaskRunner } from './task-runner.js';

const keptStoppedTasks = 200;
/** A task without a load balancer to judge it counts as healthy after running for so long. */
const settledMs = 1_000;

/** The service scheduler: again and again, brings every service a step nearer to what is desired of it. */
export function startScheduler(ecs: Ecs, runner: TaskRunner): { stop(): void } {
  const { store, targets, timings } = ecs;
  const timer = setInterval(reconcile, timings.reconcileMs);
  return { stop: () => clearInterval(timer) };

  function reconcile(): void {
    for (const service of store.services.values()) {
      if (service.status === 'INACTIVE') continue;
      const tasks = tasksOf(store, service);
      countFailures(service, tasks);
      countHealthy(service, tasks);
      stopUnhealthy(service, tasks);
      startAndStop(service, tasks);
      complete(service, tasksOf(store, service));
    }
    for (const task of store.tasks.values()) runner.advance(task);
    forgetOldTasks();
  }

  function countFailures(service: Service, tasks: Task[]): void {
    for (const task of tasks.filter(({ failed, countedFailed }) => failed && !countedFailed)) {
      task.countedFailed = true;
      const deployment = service.deployments.find(({ id }) => id === task.deploymentId);
      if (deployment === undefined) continue;
      deployment.failedTasks += 1;
      const { restartBackoffMs, restartBackoffMaxMs } = timings;
      const pause = Math.min(restartBackoffMaxMs, restartBackoffMs * 2 ** Math.min(deployment.failedTasks - 1, 20));
      deployment.nextStartAt = Date.now() + pause;
      deployment.updatedAt = new Date();
      if (deployment === primaryOf(service)) tripCircuitBreaker(service);
    }
  }

  function countHealthy(service: Service, tasks: Task[]): void {
    const { resetOnHealthyTask = true } = service.deploymentConfiguration.deploymentCircuitBreaker ?? {};
    for (const task of tasks) {
      if (task.countedHealthy || !isHealthy(service, task)) continue;
      task.countedHealthy = true;
      const deployment = service.deployments.find(({ id }) => id === task.deploymentId);
      if (deployment !== undefined && resetOnHealthyTask) deployment.failedTasks = 0;
    }
  }

  function stopUnhealthy(service: Service, tasks: Task[]): void {
    for (const task of tasks) {
      if (!isRunning(task) || task.desiredStatus === 'STOPPED') continue;
      const graceOver = (task.startedAt?.getTime() ?? 0) + service.healthCheckGracePeriodSeconds * 1_000;
      if (Date.now() < graceOver) continue;
      const group = targetStates(service, task).find(({ state }) => state === 'unhealthy')?.group;
      if (group === undefined) continue;
      addEvent(service, `(task ${task.id}) failed ELB health checks in (target-group ${group}).`);
      task.failed = true;
      requestStop(task, 'ServiceSchedulerInitiated', `Task failed ELB health checks in (target-group ${group})`);
    }
  }

  function startAndStop(service: Service, tasks: Task[]): void {
    const primary = primaryOf(service);
    const { start, stop } = planTasks({
      desiredCount: service.desiredCount,
      configuration: service.deploymentConfiguration,
      primary,
      live: tasks.filter(({ desiredStatus }) => desiredStatus === 'RUNNING'),
      isHealthy: (task) => isHealthy(service, task),
      now: Date.now(),
    });
    const started = Array.from({ length: start }, () => createTask(store, service, primary));
    if (started.length > 0) addEvent(service, `has started ${started.length} tasks: ${listed(started)}.`);
    for (const task of stop) {
      requestStop(task, 'ServiceSchedulerInitiated', `Scaling activity initiated by (deployment ${primary.id})`);
    }
    if (stop.length > 0) addEvent(service, `has stopped ${stop.length} running tasks: ${listed(stop)}.`);
  }

  function complete(service: Service, tasks: Task[]): void {
    const present = tasks.filter(({ lastStatus }) => lastStatus !== 'STOPPED');
    const primary = primaryOf(service);
    const isPresent = (id: string) => present.some(({ deploymentId }) => deploymentId === id);
    service.deployments = service.deployments.filter(({ id }) => id === primary.id || isPresent(id));
    if (service.status === 'DRAINING' && present.length === 0) {
      service.status = 'INACTIVE';
      return;
    }
    const live = present.filter(({ desiredStatus }) => desiredStatus === 'RUNNING');
    const healthy = live.filter((task) => isHealthy(service, task)).length;
    const steady =
      service.deployments.length === 1 && live.length === service.desiredCount && healthy === service.desiredCount;
    if (!steady) return;
    if (primary.rolloutState === 'IN_PROGRESS') {
      primary.rolloutState = 'COMPLETED';
      primary.rolloutStateReason = `ECS deployment ${primary.id} completed.`;
      primary.updatedAt = new Date();
      service.lastCompleted = { deploymentId: primary.id, taskDefinitionArn: primary.taskDefinitionArn };
      addEvent(service, `(deployment ${primary.id}) deployment completed.`);
    }
    if (service.steady) return;
    service.steady = true;
    addEvent(service, 'has reached a steady state.');
  }

  function isHealthy(service: Service, task: Task): boolean {
    if (!isRunning(task) || task.desiredStatus === 'STOPPED') return false;
    if (service.loadBalancers.length === 0) return Date.now() - (task.startedAt?.getTime() ?? 0) >= settledMs;
    return targetStates(service, task).every(({ state }) => state === 'healthy');
  }

  function targetStates(service: Service, { address, port }: Task): { group: string; state: string | undefined }[] {
    if (address === undefined || port === undefined) return [];
    return service.loadBalancers.map(({ targetGroupArn: group = '' }) => ({
      group,
      state: targets.state(group, address, port),
    }));
  }

  function forgetOldTasks(): void {
    const stopped = [...store.tasks.values()].filter(({ lastStatus }) => lastStatus === 'STOPPED');
    for (const task of stopped.slice(0, Math.max(0, stopped.length - keptStoppedTasks))) {
      store.tasks.delete(task.arn);
      runner.forget(task.id);
    }
  }
}

function listed(tasks: Task[]): string {
  return tasks.map(({ id }) => `(task ${id})`).join(' ');
}
