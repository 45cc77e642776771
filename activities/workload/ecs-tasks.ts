import type { DesiredStatus, Task } from '@aws-sdk/client-ecs';

import { callAws } from '../aws-errors.js';
import type { EcsClient } from './ecs-client.js';
import type { ServiceRef } from './workload-host.js';

/** As many as DescribeTasks takes, and ListTasks gives, at once. */
const pageSize = 100;

/** `RUNNING`: also those on their way up. `STOPPED`: told to stop, still stopping, or stopped within the last hour. */
export async function tasksOf(ecs: EcsClient, ref: ServiceRef, desiredStatus: DesiredStatus): Promise<Task[]> {
  const tasks: Task[] = [];
  let nextToken: string | undefined;
  do {
    const page = await callAws(`list the tasks of service ${ref.service} in cluster ${ref.cluster}`, () =>
      ecs.listTasks({
        cluster: ref.cluster,
        serviceName: ref.service,
        desiredStatus,
        maxResults: pageSize,
        ...(nextToken === undefined ? {} : { nextToken }),
      }),
    );
    tasks.push(...(await describeTasks(ecs, ref, page.taskArns ?? [])));
    nextToken = page.nextToken;
  } while (nextToken !== undefined);
  return tasks;
}

async function describeTasks(ecs: EcsClient, ref: ServiceRef, arns: readonly string[]): Promise<Task[]> {
  if (arns.length === 0) return [];
  const { tasks } = await callAws(`describe the tasks of service ${ref.service} in cluster ${ref.cluster}`, () =>
    ecs.describeTasks({ cluster: ref.cluster, tasks: [...arns] }),
  );
  return tasks ?? [];
}

/** The private IPv4 address of the task's network interface; a task that is not up yet may have none. */
export function addressOf(task: Task): string | undefined {
  const networkInterface = task.attachments?.find((attachment) => attachment.type === 'ElasticNetworkInterface');
  return networkInterface?.details?.find((detail) => detail.name === 'privateIPv4Address')?.value;
}

/** `task 1a2b: Essential container in task exited; web: exit code 1` */
export function describeStop(task: Task): string {
  const id = task.taskArn?.split('/').at(-1) ?? 'unknown';
  const containers = (task.containers ?? []).flatMap((container) => {
    const exit = container.exitCode === undefined ? [] : [`exit code ${container.exitCode}`];
    const words = [...exit, ...(container.reason === undefined ? [] : [container.reason])];
    return words.length === 0 ? [] : [`${container.name ?? 'container'}: ${words.join(', ')}`];
  });
  return [`task ${id}: ${task.stoppedReason ?? 'no reason given'}`, ...containers].join('; ');
}
