import type {
  ContainerDefinition,
  DeregisterTaskDefinitionRequest,
  DeregisterTaskDefinitionResponse,
  DescribeTaskDefinitionRequest,
  DescribeTaskDefinitionResponse,
  ListTaskDefinitionsRequest,
  ListTaskDefinitionsResponse,
  RegisterTaskDefinitionRequest,
  RegisterTaskDefinitionResponse,
  TaskDefinition as TaskDefinitionAnswer,
} from '@aws-sdk/client-ecs';
import { arnOf } from '../account.js';
import { AwsError } from '../aws-error.js';
import type { Ecs } from './ecs.js';
import { pageOf } from './paging.js';
import { type EcsStore, findTaskDefinition, required, type TaskDefinition } from './store.js';

export function registerTaskDefinition(
  { store }: Ecs,
  input: RegisterTaskDefinitionRequest,
): RegisterTaskDefinitionResponse {
  const family = required('family', input.family);
  if (!/^[A-Za-z0-9_-]{1,255}$/.test(family)) throw new AwsError('ClientException', `Invalid family '${family}'.`);
  const { tags, ...given } = input;
  const revision = 1 + [...store.taskDefinitions.values()].filter((definition) => definition.family === family).length;
  const definition: TaskDefinition = {
    arn: arnOf('ecs', `task-definition/${family}:${revision}`),
    family,
    revision,
    registeredAt: new Date(),
    given,
    container: theContainer(input.containerDefinitions),
    status: 'ACTIVE',
  };
  store.taskDefinitions.set(definition.arn, definition);
  store.tags.set(definition.arn, tags ?? []);
  return { taskDefinition: answerOf(definition), tags: tags ?? [] };
}

export function describeTaskDefinition(
  store: EcsStore,
  input: DescribeTaskDefinitionRequest,
): DescribeTaskDefinitionResponse {
  const definition = find(store, input.taskDefinition);
  const tags = input.include?.includes('TAGS') === true ? { tags: store.tags.get(definition.arn) ?? [] } : {};
  return { taskDefinition: answerOf(definition), ...tags };
}

export function listTaskDefinitions(store: EcsStore, input: ListTaskDefinitionsRequest): ListTaskDefinitionsResponse {
  const status = input.status ?? 'ACTIVE';
  const sorted = [...store.taskDefinitions.values()]
    .filter((definition) => input.familyPrefix === undefined || definition.family === input.familyPrefix)
    .filter((definition) => definition.status === status)
    .sort((a, b) => (a.family === b.family ? a.revision - b.revision : a.family < b.family ? -1 : 1))
    .map(({ arn }) => arn);
  if (input.sort === 'DESC') sorted.reverse();
  const { items, ...rest } = pageOf(sorted, input);
  return { taskDefinitionArns: items, ...rest };
}

export function deregisterTaskDefinition(
  { store }: Ecs,
  input: DeregisterTaskDefinitionRequest,
): DeregisterTaskDefinitionResponse {
  const definition = find(store, input.taskDefinition);
  definition.status = 'INACTIVE';
  definition.deregisteredAt = new Date();
  return { taskDefinition: answerOf(definition) };
}

function find(store: EcsStore, name: string | undefined): TaskDefinition {
  const definition = findTaskDefinition(store, required('taskDefinition', name));
  if (definition === undefined) throw new AwsError('ClientException', 'Unable to describe task definition.');
  return definition;
}

/** One container a task: a second process would need a network of its own to share. */
function theContainer(containers: ContainerDefinition[] | undefined): ContainerDefinition {
  const [container, ...more] = containers ?? [];
  if (container === undefined) throw new AwsError('ClientException', 'Container list cannot be empty.');
  if (more.length > 0) {
    throw new AwsError('ClientException', 'The simulator runs one container a task; the task definition has more.');
  }
  if (container.image === undefined || container.image === '') {
    throw new AwsError('ClientException', 'Container.image should not be null or empty.');
  }
  if (container.name === undefined || container.name === '') {
    throw new AwsError('ClientException', 'Container.name should not be null or empty.');
  }
  return { essential: true, ...container };
}

function answerOf(definition: TaskDefinition): TaskDefinitionAnswer {
  const { given, container } = definition;
  return {
    ...given,
    taskDefinitionArn: definition.arn,
    revision: definition.revision,
    status: definition.status,
    networkMode: given.networkMode ?? 'bridge',
    volumes: given.volumes ?? [],
    placementConstraints: given.placementConstraints ?? [],
    containerDefinitions: [
      { cpu: 0, environment: [], mountPoints: [], volumesFrom: [], portMappings: [], ...container },
    ],
    registeredAt: definition.registeredAt,
    ...(definition.deregisteredAt === undefined ? {} : { deregisteredAt: definition.deregisteredAt }),
  };
}
