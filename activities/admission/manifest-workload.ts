import { z } from 'zod';
import { duration } from './manifest-duration.js';
import { refuseSize } from './manifest-fargate.js';
import { comparing, ecsName, roleArn, section, size, targetGroupArn, text, whole } from './manifest-fields.js';
import { expected, found, quote } from './manifest-problem.js';
import { plainVariables, secretReferences } from './manifest-variables.js';

const container = section(
  {
    name: ecsName('the name of the container').describe('Name of the container in the task.'),
    port: whole(1, 65_535, 'the port the container listens on').describe('Port it listens on; the target group’s.'),
    cpu: size('CPU units such as 256').describe('CPU units of a task; Fargate knows certain pairs with memory only.'),
    memory: size('memory in MiB such as 512').describe('Memory of a task in MiB.'),
    environment: plainVariables
      .optional()
      .describe(
        'Environment variables, as strings: all of them. What looks like a secret is refused. Those of the live version when there is none.',
      ),
    secrets: secretReferences
      .optional()
      .describe(
        'Environment variables whose value ECS fetches, all of them: each a reference to a secret, never the secret. Those of the live version when there is none.',
      ),
    executionRoleArn: roleArn
      .optional()
      .describe('Role that ECS uses to pull the image and to fetch secrets; the live version’s when there is none.'),
    taskRoleArn: roleArn.optional().describe('Role of the program itself; the live version’s when there is none.'),
    subnets: z
      .array(text(/^subnet-\w+$/, 'a subnet id (subnet-…)'), expected('a list of subnet ids'))
      .min(1, expected('at least one subnet id'))
      .describe('Subnets of the tasks.'),
    securityGroups: z
      .array(text(/^sg-\w+$/, 'a security group id (sg-…)'), expected('a list of ids'))
      .optional()
      .describe('Security groups of the tasks; the live service’s when there is none.'),
    stopTimeout: duration({ min: '1s', max: '2m', grain: '1s' })
      .optional()
      .describe('Time from SIGTERM to SIGKILL when a task is stopped; the live version’s when there is none.'),
  },
  'name, port, cpu, memory and subnets',
).superRefine(({ environment, secrets, cpu, memory }, ctx) => {
  const size = refuseSize(cpu, memory);
  if (size !== undefined) ctx.addIssue({ code: 'custom', path: [size.field], message: size.message });
  for (const key of Object.keys(secrets ?? {}).filter((key) => Object.hasOwn(environment ?? {}, key))) {
    const message = `${quote(key)} stands under "environment" too; ECS takes one of them`;
    ctx.addIssue({ code: 'custom', path: ['secrets', key], message, params: { at: 'key' } });
  }
}, comparing);

const colour = section(
  {
    service: ecsName('the ECS service').describe('Name of the ECS service; made by the first release when not there.'),
    targetGroupArn: targetGroupArn.describe('Target group its tasks are registered with; another one a colour.'),
  },
  'service and targetGroupArn',
);

export const workload = section(
  {
    cluster: text(/^(arn:[a-z-]+:ecs:\S+|[A-Za-z0-9_-]{1,255})$/, 'the name or ARN of an ECS cluster').describe(
      'Cluster of both services.',
    ),
    desiredCount: whole(1, 5000, 'the number of tasks').describe('Tasks of the new version, and targets it needs.'),
    blue: colour.describe('One of the two services. Which one is live is read from the rule at admission.'),
    green: colour.describe('The other one.'),
    container: container.describe(
      'The container that serves. All else of the live version’s task definition stays as it is, other containers too.',
    ),
    rolloutTimeout: duration({ min: '1s', max: '1d' })
      .prefault('10m')
      .describe('Longest time from the change of the service until all its targets are healthy.'),
    healthCheckGrace: duration({ min: '0s', max: '1d', grain: '1s' })
      .optional()
      .describe(
        'How long ECS overlooks failing health checks of a new task, in a service that sluice creates; as in the live service when there is none.',
      ),
  },
  'cluster, desiredCount, blue, green and container',
).superRefine(({ blue, green }, ctx) => {
  for (const key of ['service', 'targetGroupArn'] as const) {
    if (blue?.[key] === undefined || blue[key] !== green?.[key]) continue;
    const message = `expected another ${key} than blue's: each colour has its own, ${found(green[key])} in both`;
    ctx.addIssue({ code: 'custom', path: ['green', key], message });
  }
}, comparing);
