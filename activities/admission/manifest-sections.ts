import { z } from 'zod';
import { migrationPhases } from '../../domain/migration.js';
import { duration } from './manifest-duration.js';
import {
  comparing,
  ecsName,
  ratio,
  roleArn,
  ruleArn,
  section,
  size,
  targetGroupArn,
  text,
  whole,
} from './manifest-fields.js';
import { expected, found } from './manifest-problem.js';
import { headers, plainVariables, secretReferences } from './manifest-variables.js';

const container = section(
  {
    name: ecsName('the name of the container'),
    port: whole(1, 65_535, 'the port the container listens on'),
    cpu: size('CPU units such as 256'),
    memory: size('memory in MiB such as 512'),
    environment: plainVariables.prefault({}),
    secrets: secretReferences.prefault({}),
    executionRoleArn: roleArn.optional(),
    taskRoleArn: roleArn.optional(),
    subnets: z
      .array(text(/^subnet-\w+$/, 'a subnet id (subnet-…)'), expected('a list of subnet ids'))
      .min(1, expected('at least one subnet id')),
    securityGroups: z.array(text(/^sg-\w+$/, 'a security group id (sg-…)'), expected('a list of ids')).prefault([]),
    stopTimeout: duration({ min: '1s', max: '2m', grain: '1s' }).prefault('30s'),
  },
  'name, port, cpu, memory and subnets',
).superRefine(({ environment, secrets }, ctx) => {
  for (const key of Object.keys(secrets ?? {}).filter((key) => Object.hasOwn(environment ?? {}, key))) {
    const message = `${JSON.stringify(key)} stands under "environment" too; ECS takes one of them`;
    ctx.addIssue({ code: 'custom', path: ['secrets', key], message, params: { at: 'key' } });
  }
}, comparing);

const colour = section({ service: ecsName('the ECS service'), targetGroupArn }, 'service and targetGroupArn');

export const workload = section(
  {
    cluster: text(/^(arn:[a-z-]+:ecs:\S+|[A-Za-z0-9_-]{1,255})$/, 'the name or ARN of an ECS cluster'),
    desiredCount: whole(1, 5000, 'the number of tasks'),
    blue: colour,
    green: colour,
    container,
    rolloutTimeout: duration({ min: '1s', max: '1d' }).prefault('10m'),
  },
  'cluster, desiredCount, blue, green and container',
).superRefine(({ blue, green }, ctx) => {
  for (const key of ['service', 'targetGroupArn'] as const) {
    if (blue?.[key] === undefined || blue[key] !== green?.[key]) continue;
    const message = `expected another ${key} than blue's: each colour has its own, ${found(green[key])} in both`;
    ctx.addIssue({ code: 'custom', path: ['green', key], message });
  }
}, comparing);

export const traffic = section(
  { ruleArn, testRuleArn: ruleArn, settle: duration({ min: '0s', max: '10m' }).prefault('10s') },
  'ruleArn and testRuleArn',
).superRefine((rules, ctx) => {
  if (rules.ruleArn === undefined || rules.ruleArn !== rules.testRuleArn) return;
  const message = 'expected another rule than ruleArn: the test rule must not carry the traffic of shoppers';
  ctx.addIssue({ code: 'custom', path: ['testRuleArn'], message });
}, comparing);

export const smoke = section(
  {
    url: text(
      /^https?:\/\/[^\s/@?#]+(\/[^\s@?#]*)?$/,
      'the address of the load balancer (https://…, no user, no query)',
    ),
    headers,
    paths: z
      .array(text(/^\/\S*$/, 'a path that begins with /'), expected('a list of paths'))
      .min(1, expected('at least one path to call')),
  },
  'url, headers and paths',
);

const judge = section(
  {
    minRequests: whole(1, 1_000_000_000, 'the requests each colour needs in a window').prefault(100),
    errorRatioMargin: ratio(0, 1, 'how far the error ratio may lie above the baseline').prefault(0.01),
    minErrors: whole(1, 1_000_000_000, 'the errors that make a fail').prefault(5),
    p99Factor: ratio(1, 1000, 'the factor on the baseline’s p99').prefault(1.5),
    p99Margin: duration({ min: '0ms', max: '10m' }).prefault('100ms'),
  },
  'thresholds',
);

const step = section(
  {
    weight: whole(1, 99, 'per cent of the traffic'),
    bake: duration({ min: '1s' }),
  },
  'weight and bake',
);

export const canary = section(
  {
    steps: z.array(step, expected('a list of steps')).min(1, expected('at least one step, {weight, bake}')),
    judge: judge.prefault({}),
    metricsLag: duration({ min: '0s', max: '30m' }).prefault('3m'),
    period: duration({ min: '1s', max: '1h', grain: '1s' }).prefault('60s'),
    extraBakes: whole(0, 100, 'how often a bake may be repeated').prefault(2),
  },
  'steps',
).superRefine(({ steps, period }, ctx) => {
  // A value with a problem of its own stands here unparsed: a bake of `90` is no 90 milliseconds.
  const unread = ctx.issues.filter(({ code }) => code !== 'unrecognized_keys').map(({ path = [] }) => path);
  const isRead = (...path: PropertyKey[]) =>
    !unread.some((issue) => path.slice(0, issue.length).every((part, i) => part === issue[i]));
  for (const [i, step] of Array.isArray(steps) ? steps.entries() : []) {
    const before = isRead('steps', i, 'weight') && isRead('steps', i - 1, 'weight') ? steps[i - 1]?.weight : undefined;
    if (before !== undefined && step.weight <= before) {
      const message = `expected more than the ${before} of the step before, found the number ${step.weight}`;
      ctx.addIssue({ code: 'custom', path: ['steps', i, 'weight'], message });
    }
    if (isRead('period') && isRead('steps', i, 'bake') && step.bake < period) {
      const message = `expected at least one period of the metrics (${period / 1000}s), found ${step.bake / 1000}s`;
      ctx.addIssue({ code: 'custom', path: ['steps', i, 'bake'], message });
    }
  }
}, comparing);

export const database = section(
  {
    url: text(/^env:[A-Za-z_][A-Za-z0-9_]*$/, 'env:NAME, the worker’s environment variable that holds the URL'),
    applicationName: text(
      /^[\x21-\x7e]+\{version\}[\x21-\x7e]*$/,
      'the application_name of the sessions, with {version} in it and a text of the service before it (shop/{version})',
    ),
    migrations: text(
      /^(?![/\\~]|[A-Za-z]:)[^\0]+$/,
      `a folder relative to the manifest, with ${migrationPhases.join(', ')}`,
    ),
    lockTimeout: duration({ min: '1ms', max: '999ms' }).prefault('500ms'),
    quietWindow: duration({ min: '1s', max: '1d' }).prefault('30s'),
    contractApproval: z.enum(['automatic', 'required'], expected('automatic or required')).prefault('required'),
  },
  'url, applicationName and migrations',
);
