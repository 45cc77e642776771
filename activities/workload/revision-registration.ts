import type {
  ContainerDefinition,
  RegisterTaskDefinitionCommandInput,
  RegisterTaskDefinitionRequest,
  Tag,
  TaskDefinition,
} from '@aws-sdk/client-ecs';

import { ReleaseError } from '../../domain/failure.js';
import type { RevisionSpec } from './workload-host.js';

/** The tag on a task definition that names the release it was registered for. */
export const releaseTagKey = 'sluice:release';

/** The task definition that is live, with its tags. */
export interface RevisionTemplate {
  readonly definition: TaskDefinition;
  readonly tags: readonly Tag[];
}

type Registered = Omit<RegisterTaskDefinitionRequest, 'family' | 'tags'>;

/**
 * What RegisterTaskDefinition takes of what DescribeTaskDefinition answers: that also tells a status, a revision and who
 * registered it. All of it is named, so that a field that AWS adds is a compile error instead of being lost.
 */
const takenOver: Readonly<Record<keyof Registered, true>> = {
  taskRoleArn: true,
  executionRoleArn: true,
  networkMode: true,
  containerDefinitions: true,
  volumes: true,
  placementConstraints: true,
  requiresCompatibilities: true,
  cpu: true,
  memory: true,
  pidMode: true,
  ipcMode: true,
  proxyConfiguration: true,
  inferenceAccelerators: true,
  ephemeralStorage: true,
  runtimePlatform: true,
  enableFaultInjection: true,
};

const withoutTemplate: Partial<Registered> = { requiresCompatibilities: ['FARGATE'], networkMode: 'awsvpc' };

/** The request's container in the template's task; everything the request does not state stays, other containers too. */
export function registrationOf(spec: RevisionSpec, template?: RevisionTemplate): RegisterTaskDefinitionCommandInput {
  const { container, family, releaseTag } = spec;
  return {
    ...(template === undefined ? withoutTemplate : takeOver(template.definition)),
    family,
    cpu: container.cpu,
    memory: container.memory,
    ...(container.executionRoleArn === undefined ? {} : { executionRoleArn: container.executionRoleArn }),
    ...(container.taskRoleArn === undefined ? {} : { taskRoleArn: container.taskRoleArn }),
    containerDefinitions: containersOf(spec, template?.definition),
    tags: [...ownTags(template?.tags ?? [], releaseTagKey), { key: releaseTagKey, value: releaseTag }],
  };
}

/** The tags that may be given again: `aws:` is AWS's own. */
export function ownTags(tags: readonly Tag[], ...without: readonly string[]): readonly Tag[] {
  return tags.filter(({ key = '' }) => !key.startsWith('aws:') && !without.includes(key));
}

function takeOver(definition: TaskDefinition): Partial<Registered> {
  const entries = Object.entries(definition) as [string, unknown][];
  return Object.fromEntries(entries.filter(([field]) => Object.hasOwn(takenOver, field)));
}

function containersOf(spec: RevisionSpec, definition: TaskDefinition | undefined): ContainerDefinition[] {
  if (definition === undefined) return [changed({ essential: true }, spec)];
  const { name } = spec.container;
  const containers = definition.containerDefinitions ?? [];
  if (containers.some((container) => container.name === name)) {
    return containers.map((container) => (container.name === name ? changed(container, spec) : container));
  }
  throw new ReleaseError(
    'plan-refused',
    `expected container ${name} in ${definition.taskDefinitionArn ?? 'the live task definition'}, found ` +
      `${containers.map((container) => container.name).join(', ') || 'none'}; correct workload.container.name`,
  );
}

function changed(before: ContainerDefinition, { container, image }: RevisionSpec): ContainerDefinition {
  const { name, port, environment, secrets, stopTimeoutSeconds } = container;
  const { portMappings = [] } = before;
  return {
    ...before,
    name,
    image,
    portMappings: portMappings.some(({ containerPort }) => containerPort === port)
      ? portMappings
      : [...portMappings, { containerPort: port, protocol: 'tcp' }],
    // ECS refuses a variable that stands in both, so one that the request moves leaves its old place.
    environment:
      environment === undefined
        ? (before.environment ?? []).filter((it) => !Object.hasOwn(secrets ?? {}, it.name ?? ''))
        : Object.entries(environment).map(([name, value]) => ({ name, value })),
    secrets:
      secrets === undefined
        ? (before.secrets ?? []).filter((it) => !Object.hasOwn(environment ?? {}, it.name ?? ''))
        : Object.entries(secrets).map(([name, valueFrom]) => ({ name, valueFrom })),
    ...(stopTimeoutSeconds === undefined ? {} : { stopTimeout: stopTimeoutSeconds }),
  };
}
