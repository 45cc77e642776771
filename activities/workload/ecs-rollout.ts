import { setTimeout as pause } from 'node:timers/promises';

import type { Deployment, Service } from '@aws-sdk/client-ecs';

import type { ServiceState } from '../../domain/effect.js';
import type { EcsClient } from './ecs-client.js';
import { describeService, named, primaryOf } from './ecs-services.js';
import { addressOf, describeStop, tasksOf } from './ecs-tasks.js';
import type { Rollout, ServiceRef } from './workload-host.js';

interface Question {
  readonly ecs: EcsClient;
  readonly ref: ServiceRef;
  readonly state: NonNullable<ServiceState>;
  readonly staleReadMs: number;
}

const lookAgainMs = 500;
const toldEvents = 3;
const toldTasks = 3;

export async function observeService(question: Question): Promise<Rollout> {
  const giveUpAt = Date.now() + question.staleReadMs;
  for (;;) {
    const service = await describeService(question.ecs, question.ref);
    if (service === undefined) return inProgress(0, `ECS does not show ${named(question.ref)} yet`);
    if (service.status !== 'ACTIVE') return notActive(question.ref, service);
    const primary = primaryOf(service);
    if (primary?.taskDefinition === question.state.taskDefinitionArn) return follow(question, service, primary);
    if (wentBack(service, question.state) || Date.now() >= giveUpAt) {
      return explainReplacement(question, service);
    }
    await pause(lookAgainMs);
  }
}

/** Ours is there as a failed deployment and another is PRIMARY: certain at the first look, no stale read looks so. */
function wentBack(service: Service, state: NonNullable<ServiceState>): boolean {
  return (service.deployments ?? []).some(
    (deployment) =>
      deployment.status !== 'PRIMARY' &&
      deployment.taskDefinition === state.taskDefinitionArn &&
      deployment.rolloutState === 'FAILED',
  );
}

async function follow(question: Question, service: Service, primary: Deployment): Promise<Rollout> {
  const { desiredCount } = question.state;
  const running = primary.runningCount ?? 0;
  if (service.desiredCount !== desiredCount) {
    return inProgress(running, `the service is at size ${service.desiredCount ?? 'unknown'}, not yet ${desiredCount}`);
  }
  // First, since a deployment that was given up and then sent to size 0 stays FAILED.
  if (desiredCount === 0) return followToNothing(question);
  if (primary.rolloutState === 'FAILED') {
    return explainFailure(question, service, primary.rolloutStateReason ?? 'the deployment failed');
  }
  if (primary.rolloutState !== 'COMPLETED' || running !== desiredCount) {
    return inProgress(running, describeProgress(primary, desiredCount));
  }
  return followToAddresses(question);
}

/**
 * Counts leave out tasks that are draining or stopping, so the tasks themselves are asked. In this order: one that is
 * told to stop between the two questions is seen twice, the other way round it would be missed.
 */
async function followToNothing({ ecs, ref }: Question): Promise<Rollout> {
  const seen = [...(await tasksOf(ecs, ref, 'RUNNING')), ...(await tasksOf(ecs, ref, 'STOPPED'))];
  const tasks = [...new Map(seen.map((task) => [task.taskArn, task])).values()];
  const left = tasks.filter((task) => task.lastStatus !== 'STOPPED');
  if (left.length === 0) return { kind: 'completed', running: 0, addresses: [] };
  const statuses = left.map((task) => task.lastStatus ?? 'unknown').join(', ');
  return inProgress(left.length, `${left.length} tasks are left: ${statuses}`);
}

async function followToAddresses({ ecs, ref, state }: Question): Promise<Rollout> {
  const tasks = (await tasksOf(ecs, ref, 'RUNNING')).filter(
    (task) => task.taskDefinitionArn === state.taskDefinitionArn && task.lastStatus === 'RUNNING',
  );
  const addresses = tasks.flatMap((task) => addressOf(task) ?? []);
  if (addresses.length !== state.desiredCount) {
    return inProgress(
      addresses.length,
      `ECS counts ${state.desiredCount} running tasks and lists ${addresses.length} with an address`,
    );
  }
  return { kind: 'completed', running: addresses.length, addresses };
}

/** Its tasks are not asked for: ECS lists them by the name of an active service only. */
function notActive(ref: ServiceRef, service: Service): Rollout {
  const found = service.status ?? 'without status';
  return { kind: 'failed', reason: `${named(ref)}: expected an active service, found it ${found}` };
}

async function explainReplacement(question: Question, service: Service): Promise<Rollout> {
  const found = primaryOf(service);
  const reason = found?.rolloutStateReason === undefined ? '' : ` (${found.rolloutStateReason})`;
  const words =
    `expected deployment of ${question.state.taskDefinitionArn}, ` +
    `found ${found?.taskDefinition ?? 'none'}${reason}`;
  return explainFailure(question, service, words);
}

async function explainFailure(question: Question, service: Service, words: string): Promise<Rollout> {
  const stopped = (await tasksOf(question.ecs, question.ref, 'STOPPED'))
    .filter((task) => task.taskDefinitionArn === question.state.taskDefinitionArn)
    .slice(0, toldTasks)
    .map(describeStop);
  const events = (service.events ?? []).slice(0, toldEvents).flatMap((event) => event.message ?? []);
  return { kind: 'failed', reason: [`${named(question.ref)}: ${words}`, ...stopped, ...events].join('; ') };
}

function inProgress(running: number, detail: string): Rollout {
  return { kind: 'in-progress', running, detail };
}

function describeProgress(primary: Deployment, desiredCount: number): string {
  const { runningCount = 0, pendingCount = 0, failedTasks = 0, rolloutState = 'without state' } = primary;
  const failed = failedTasks === 0 ? '' : `, ${failedTasks} failed`;
  return `${runningCount} of ${desiredCount} running, ${pendingCount} pending${failed}; rollout ${rolloutState}`;
}
