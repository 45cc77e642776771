import type {
  Compatibility,
  ContainerDefinition,
  DeregisterTaskDefinitionRequest,
  DeregisterTaskDefinitionResponse,
  DescribeTaskDefinitionRequest,
  DescribeTaskDefinitionResponse,
  ListTaskDefinitionsRequest,
  ListTaskDefinitionsResponse,
  PortMapping,
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
    containers: checkContainers(input.containerDefinitions),
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

function checkContainers(given: ContainerDefinition[] | undefined): ContainerDefinition[] {
  const containers = given ?? [];
  if (containers.length === 0) throw new AwsError('ClientException', 'Container list cannot be empty.');
  for (const { image, name } of containers) {
    if (image === undefined || image === '') {
      throw new AwsError('ClientException', 'Container.image should not be null or empty.');
    }
    if (name === undefined || name === '') {
      throw new AwsError('ClientException', 'Container.name should not be null or empty.');
    }
  }
  const names = containers.map(({ name }) => name);
  if (new Set(names).size < names.length) {
    throw new AwsError('ClientException', 'Container names must be unique within a task definition.');
  }
  const doubled = containers.flatMap(({ environment = [], secrets = [] }) =>
    secrets.filter((secret) => environment.some(({ name }) => name === secret.name)),
  );
  if (doubled.length > 0) {
    throw new AwsError(
      'ClientException',
      'The secret name must be unique and not shared with any new or existing environment variables set on the container.',
    );
  }
  return containers.map((container) => ({ essential: true, ...container }));
}

function answerOf(definition: TaskDefinition): TaskDefinitionAnswer {
  const { given, containers } = definition;
  const compatibilities = given.requiresCompatibilities ?? [];
  return {
    ...given,
    taskDefinitionArn: definition.arn,
    revision: definition.revision,
    status: definition.status,
    networkMode: given.networkMode ?? 'bridge',
    volumes: given.volumes ?? [],
    placementConstraints: given.placementConstraints ?? [],
    containerDefinitions: containers.map((container) => ({
      ...{ cpu: 0, environment: [], mountPoints: [], volumesFrom: [], systemControls: [] },
      ...container,
      portMappings: (container.portMappings ?? []).map((mapping) => answerOfPort(mapping, given)),
    })),
    requiresAttributes: [{ name: 'com.amazonaws.ecs.capability.docker-remote-api.1.18' }],
    compatibilities: [...new Set<Compatibility>(['EC2', ...compatibilities])],
    registeredAt: definition.registeredAt,
    registeredBy: 'arn:aws:sts::123456789012:assumed-role/somebody/session',
    ...(definition.deregisteredAt === undefined ? {} : { deregisteredAt: definition.deregisteredAt }),
  };
}

/** With a network of its own, a task listens where its container does. */
function answerOfPort(mapping: PortMapping, { networkMode }: RegisterTaskDefinitionRequest): PortMapping {
  const own = networkMode === 'awsvpc' ? { hostPort: mapping.containerPort } : {};
  return { protocol: 'tcp', ...own, ...mapping };
}
