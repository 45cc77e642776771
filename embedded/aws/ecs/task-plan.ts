import type { DeploymentConfiguration } from '@aws-sdk/client-ecs';
import type { Deployment, Task } from './store.js';

export interface PlanInput {
  readonly desiredCount: number;
  readonly configuration: DeploymentConfiguration;
  readonly primary: Deployment;
  /** The service's tasks that are wished to run, of all its deployments. */
  readonly live: readonly Task[];
  readonly isHealthy: (task: Task) => boolean;
  /** Epoch milliseconds. */
  readonly now: number;
}

/**
 * How many tasks of the primary deployment to start now, and which tasks to stop: never more tasks than the maximum
 * percent allows, never fewer healthy ones than the minimum healthy percent asks for.
 */
export function planTasks(input: PlanInput): { start: number; stop: Task[] } {
  const { desiredCount, configuration, primary, live, isHealthy, now } = input;
  const most = Math.floor((desiredCount * (configuration.maximumPercent ?? 200)) / 100);
  const leastHealthy = Math.ceil((desiredCount * (configuration.minimumHealthyPercent ?? 100)) / 100);
  const own = live.filter(({ deploymentId }) => deploymentId === primary.id);
  const older = live.filter(({ deploymentId }) => deploymentId !== primary.id);

  const mayStart = primary.rolloutState !== 'FAILED' && now >= primary.nextStartAt;
  const start = mayStart ? Math.max(0, Math.min(desiredCount - own.length, most - live.length)) : 0;

  const surplus = [...own].sort((a, b) => Number(isHealthy(a)) - Number(isHealthy(b)));
  const stop = surplus.slice(0, Math.max(0, own.length - desiredCount));
  const spare = live.filter(isHealthy).length - stop.filter(isHealthy).length - leastHealthy;
  const olderHealthy = older.filter(isHealthy);
  stop.push(...older.filter((task) => !isHealthy(task)), ...olderHealthy.slice(0, Math.max(0, spare)));
  return { start, stop };
}
