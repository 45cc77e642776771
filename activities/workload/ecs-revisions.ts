import type { TaskDefinition } from '@aws-sdk/client-ecs';

import { ReleaseError } from '../../domain/failure.js';
import { callAws } from '../aws-errors.js';
import type { EcsClient } from './ecs-client.js';
import { readService } from './ecs-services.js';
import { type RevisionTemplate, registrationOf, releaseTagKey } from './revision-registration.js';
import type { RevisionQuery, RevisionSpec, ServiceRef } from './workload-host.js';

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
  const template = spec.template === undefined ? undefined : await readTemplate(ecs, spec.template);
  const registration = registrationOf(spec, template);
  const answer = await callAws(`register a task definition of ${spec.family} for ${spec.releaseTag}`, () =>
    ecs.registerTaskDefinition(registration),
  );
  return arnOf(answer.taskDefinition, spec);
}

async function readTemplate(ecs: EcsClient, service: ServiceRef): Promise<RevisionTemplate | undefined> {
  const state = await readService(ecs, service);
  if (state === null) return undefined;
  const arn = state.taskDefinitionArn;
  const { taskDefinition, tags = [] } = await callAws(`describe task definition ${arn}`, () =>
    ecs.describeTaskDefinition({ taskDefinition: arn, include: ['TAGS'] }),
  );
  if (taskDefinition !== undefined) return { definition: taskDefinition, tags };
  throw new ReleaseError('aws-unreachable', `AWS was asked for task definition ${arn} and answered none`);
}

function arnOf(registered: TaskDefinition | undefined, spec: RevisionSpec): string {
  if (registered?.taskDefinitionArn !== undefined) return registered.taskDefinitionArn;
  throw new ReleaseError('aws-unreachable', `AWS registered ${spec.family} for ${spec.releaseTag} and answered no ARN`);
}
