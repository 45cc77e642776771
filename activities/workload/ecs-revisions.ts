import type { TaskDefinition } from '@aws-sdk/client-ecs';

import { ReleaseError } from '../../domain/failure.js';
import { callAws } from '../aws-errors.js';
import type { EcsClient } from './ecs-client.js';
import type { RevisionQuery, RevisionSpec } from './workload-host.js';

/** The tag on a task definition that names the release it was registered for. */
export const releaseTagKey = 'sluice:release';

/** How many of the newest revisions are looked at: one of the same release has few newer ones above it. */
const lookBack = 50;

const describedAtOnce = 10;

export async function findRevision(ecs: EcsClient, query: RevisionQuery): Promise<string | undefined> {
  const arns = await newestRevisions(ecs, query.family);
  for (let from = 0; from < arns.length; from += describedAtOnce) {
    const group = arns.slice(from, from + describedAtOnce);
    const tags = await Promise.all(group.map((arn) => releaseTagOf(ecs, arn)));
    const found = group.find((_, index) => tags[index] === query.releaseTag);
    if (found !== undefined) return found;
  }
  return undefined;
}

/** Newest first. A page may hold less than was asked for, even nothing, and still not be the last. */
async function newestRevisions(ecs: EcsClient, family: string): Promise<string[]> {
  const arns: string[] = [];
  let nextToken: string | undefined;
  do {
    const page = await callAws(`list the task definitions of ${family}`, () =>
      ecs.listTaskDefinitions({
        familyPrefix: family,
        status: 'ACTIVE',
        sort: 'DESC',
        maxResults: lookBack,
        ...(nextToken === undefined ? {} : { nextToken }),
      }),
    );
    arns.push(...(page.taskDefinitionArns ?? []));
    nextToken = page.nextToken;
  } while (nextToken !== undefined && arns.length < lookBack);
  return arns.slice(0, lookBack);
}

async function releaseTagOf(ecs: EcsClient, arn: string): Promise<string | undefined> {
  const { tags } = await callAws(`describe task definition ${arn}`, () =>
    ecs.describeTaskDefinition({ taskDefinition: arn, include: ['TAGS'] }),
  );
  return tags?.find((tag) => tag.key === releaseTagKey)?.value;
}

export async function registerRevision(ecs: EcsClient, spec: RevisionSpec): Promise<string> {
  const { container } = spec;
  const answer = await callAws(`register a task definition of ${spec.family} for ${spec.releaseTag}`, () =>
    ecs.registerTaskDefinition({
      family: spec.family,
      requiresCompatibilities: ['FARGATE'],
      networkMode: 'awsvpc',
      cpu: container.cpu,
      memory: container.memory,
      ...(container.executionRoleArn === undefined ? {} : { executionRoleArn: container.executionRoleArn }),
      ...(container.taskRoleArn === undefined ? {} : { taskRoleArn: container.taskRoleArn }),
      containerDefinitions: [
        {
          name: container.name,
          image: spec.image,
          essential: true,
          portMappings: [{ containerPort: container.port, protocol: 'tcp' }],
          environment: Object.entries(container.environment).map(([name, value]) => ({ name, value })),
          secrets: Object.entries(container.secrets).map(([name, valueFrom]) => ({ name, valueFrom })),
          stopTimeout: container.stopTimeoutSeconds,
        },
      ],
      tags: [{ key: releaseTagKey, value: spec.releaseTag }],
    }),
  );
  return arnOf(answer.taskDefinition, spec);
}

function arnOf(registered: TaskDefinition | undefined, spec: RevisionSpec): string {
  if (registered?.taskDefinitionArn !== undefined) return registered.taskDefinitionArn;
  throw new ReleaseError('aws-unreachable', `AWS registered ${spec.family} for ${spec.releaseTag} and answered no ARN`);
}
