import { randomInt, randomUUID } from 'node:crypto';
import type { Deployment as DeploymentAnswer } from '@aws-sdk/client-ecs';
import type { Deployment, Service, Task } from './store.js';

const keptEvents = 100;

/** Puts a new PRIMARY deployment in front; those before it become ACTIVE and are scaled down by the scheduler. */
export function startDeployment(service: Service, taskDefinitionArn: string, reason?: string): Deployment {
  const id = `ecs-svc/${Array.from({ length: 19 }, (_, at) => randomInt(at === 0 ? 1 : 0, 10)).join('')}`;
  const now = new Date();
  const deployment: Deployment = {
    id,
    taskDefinitionArn,
    createdAt: now,
    updatedAt: now,
    rolloutState: 'IN_PROGRESS',
    rolloutStateReason: reason ?? `ECS deployment ${id} in progress.`,
    failedTasks: 0,
    nextStartAt: 0,
  };
  service.deployments = [deployment, ...service.deployments];
  service.taskDefinitionArn = taskDefinitionArn;
  service.steady = false;
  return deployment;
}

export function primaryOf(service: Service): Deployment {
  const [primary] = service.deployments;
  if (primary === undefined) throw new Error(`service ${service.name} has no deployment`);
  return primary;
}

export function addEvent(service: Service, text: string): void {
  const event = { id: randomUUID(), createdAt: new Date(), message: `(service ${service.name}) ${text}` };
  service.events = [event, ...service.events].slice(0, keptEvents);
}

export function isRunning({ lastStatus }: Task): boolean {
  return lastStatus === 'RUNNING';
}

export function isPending({ lastStatus }: Task): boolean {
  return lastStatus === 'PROVISIONING' || lastStatus === 'PENDING';
}

/** What DescribeServices tells of one deployment, given the service's tasks. */
export function deploymentAnswer(service: Service, deployment: Deployment, tasks: Task[]): DeploymentAnswer {
  const primary = deployment === service.deployments[0];
  const own = tasks.filter(({ deploymentId }) => deploymentId === deployment.id);
  return {
    id: deployment.id,
    status: primary ? 'PRIMARY' : 'ACTIVE',
    taskDefinition: deployment.taskDefinitionArn,
    desiredCount: primary
      ? service.desiredCount
      : own.filter(({ desiredStatus }) => desiredStatus === 'RUNNING').length,
    pendingCount: own.filter(isPending).length,
    runningCount: own.filter(isRunning).length,
    failedTasks: deployment.failedTasks,
    createdAt: deployment.createdAt,
    updatedAt: deployment.updatedAt,
    launchType: service.launchType,
    ...(service.networkConfiguration === undefined ? {} : { networkConfiguration: service.networkConfiguration }),
    rolloutState: deployment.rolloutState,
    rolloutStateReason: deployment.rolloutStateReason,
  };
}
