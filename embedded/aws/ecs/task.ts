import type {
  DescribeTasksRequest,
  DescribeTasksResponse,
  ListTasksRequest,
  ListTasksResponse,
  StopTaskRequest,
  StopTaskResponse,
} from '@aws-sdk/client-ecs';
import { arnOf, hexId } from '../account.js';
import { AwsError } from '../aws-error.js';
import type { Ecs } from './ecs.js';
import { pageOf } from './paging.js';
import { invalid } from './service-request.js';
import {
  type Cluster,
  type Deployment,
  type EcsStore,
  findCluster,
  findService,
  lastPart,
  required,
  type Service,
  type StopCode,
  type Task,
} from './store.js';
import { taskAnswer } from './task-answer.js';

const mostAsked = 100;

/** A new task of a deployment; the runner brings it up. */
export function createTask(store: EcsStore, service: Service, deployment: Deployment): Task {
  const id = hexId(32);
  const task: Task = {
    id,
    arn: arnOf('ecs', `task/${lastPart(service.clusterArn)}/${id}`),
    clusterArn: service.clusterArn,
    serviceArn: service.arn,
    deploymentId: deployment.id,
    taskDefinitionArn: deployment.taskDefinitionArn,
    createdAt: new Date(),
    attachmentId: `${hexId(8)}-${hexId(4)}-${hexId(4)}-${hexId(4)}-${hexId(12)}`,
    lastStatus: 'PROVISIONING',
    desiredStatus: 'RUNNING',
    failed: false,
    countedHealthy: false,
    countedFailed: false,
  };
  store.tasks.set(task.arn, task);
  return task;
}

/** Wishes the task to stop; the first wish names the reason. */
export function requestStop(task: Task, stopCode: StopCode, stoppedReason: string): void {
  if (task.desiredStatus === 'STOPPED') return;
  task.desiredStatus = 'STOPPED';
  task.stopCode = stopCode;
  task.stoppedReason = stoppedReason;
  task.stoppingAt = new Date();
}

/** Tasks whose desired status is RUNNING, unless asked for the stopped ones; those are kept for a while only. */
export function listTasks(store: EcsStore, input: ListTasksRequest): ListTasksResponse {
  const cluster = findCluster(store, input.cluster);
  const desired = input.desiredStatus ?? 'RUNNING';
  const arns = [...store.tasks.values()]
    .filter((task) => task.clusterArn === cluster.arn && task.desiredStatus === desired)
    .filter(ofService(store, cluster, input.serviceName))
    .filter((task) => input.startedBy === undefined || task.deploymentId === input.startedBy)
    .filter((task) => input.family === undefined || familyOf(store, task) === input.family)
    .filter(
      (task) => input.launchType === undefined || store.services.get(task.serviceArn)?.launchType === input.launchType,
    )
    .map(({ arn }) => arn);
  const { items, ...rest } = pageOf(arns, input);
  return { taskArns: items, ...rest };
}

export function describeTasks(store: EcsStore, input: DescribeTasksRequest): DescribeTasksResponse {
  const cluster = findCluster(store, input.cluster);
  const asked = required('tasks', input.tasks);
  if (asked.length === 0) throw invalid('Tasks cannot be empty.');
  if (asked.length > mostAsked) throw invalid(`Tasks cannot have more than ${mostAsked} elements`);
  const tasks = [];
  const failures = [];
  for (const idOrArn of asked) {
    const task = findTask(store, cluster, idOrArn);
    if (task !== undefined) tasks.push(taskAnswer(store, task));
    else failures.push({ arn: arnOf('ecs', `task/${cluster.name}/${lastPart(idOrArn)}`), reason: 'MISSING' });
  }
  return { tasks, failures };
}

export function stopTask({ store }: Ecs, input: StopTaskRequest): StopTaskResponse {
  const cluster = findCluster(store, input.cluster);
  const task = findTask(store, cluster, required('task', input.task));
  if (task === undefined) throw invalid('The referenced task was not found.');
  requestStop(task, 'UserInitiated', input.reason ?? 'Task stopped by user');
  return { task: taskAnswer(store, task) };
}

function findTask(store: EcsStore, cluster: Cluster, idOrArn: string): Task | undefined {
  return store.tasks.get(arnOf('ecs', `task/${cluster.name}/${lastPart(idOrArn)}`));
}

function ofService(store: EcsStore, cluster: Cluster, name: string | undefined): (task: Task) => boolean {
  if (name === undefined) return () => true;
  const service = findService(store, cluster, name);
  if (service === undefined) throw new AwsError('ServiceNotFoundException', 'Service not found.');
  return (task) => task.serviceArn === service.arn;
}

function familyOf(store: EcsStore, task: Task): string | undefined {
  return store.taskDefinitions.get(task.taskDefinitionArn)?.family;
}
