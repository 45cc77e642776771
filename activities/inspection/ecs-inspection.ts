import type { ContainerDefinition, ECS, Service, Task, TaskDefinition } from '@aws-sdk/client-ecs';
import type { ContainerFacts, RevisionFacts, ServiceFacts } from '../../domain/doctor/facts.js';
import { isSecretName, mayHoldSecret } from '../admission/manifest-secrets.js';
import { callAws } from '../aws-errors.js';
import type { EcsClient } from '../workload/ecs-client.js';
import { describeService, primaryOf } from '../workload/ecs-services.js';
import { tasksOf } from '../workload/ecs-tasks.js';
import type { ServiceRef } from '../workload/workload-host.js';

export type InspectionEcsClient = EcsClient & Pick<ECS, 'createService' | 'registerTaskDefinition' | 'updateService'>;

export async function inspectService(ecs: InspectionEcsClient, ref: ServiceRef): Promise<ServiceFacts | null> {
  const service = await describeService(ecs, ref);
  if (service === undefined || service.status === 'INACTIVE') return null;
  const revisionArn = primaryOf(service)?.taskDefinition ?? service.taskDefinition ?? '';
  const [{ taskDefinition }, tasks] = await Promise.all([
    callAws(`describe task definition ${revisionArn}`, () =>
      ecs.describeTaskDefinition({ taskDefinition: revisionArn }),
    ),
    tasksOf(ecs, ref, 'RUNNING'),
  ]);
  return toServiceFacts(ref, service, toRevisionFacts(revisionArn, taskDefinition, tasks));
}

function toServiceFacts(
  { cluster, service: name }: ServiceRef,
  service: Service,
  revision: RevisionFacts,
): ServiceFacts {
  const network = service.networkConfiguration?.awsvpcConfiguration;
  return {
    cluster,
    service: name,
    status: service.status ?? 'without status',
    desiredCount: service.desiredCount ?? 0,
    healthCheckGraceSeconds: service.healthCheckGracePeriodSeconds ?? 0,
    controller: service.deploymentController?.type ?? 'ECS',
    rollsBackByItself: service.deploymentConfiguration?.deploymentCircuitBreaker?.rollback === true,
    attachments: (service.loadBalancers ?? []).map(
      ({ targetGroupArn = '', containerName = '', containerPort = 0 }) => ({
        targetGroupArn,
        container: containerName,
        port: containerPort,
      }),
    ),
    subnets: network?.subnets ?? [],
    securityGroups: network?.securityGroups ?? [],
    revision,
  };
}

function toRevisionFacts(arn: string, definition: TaskDefinition | undefined, tasks: readonly Task[]): RevisionFacts {
  const {
    family = '',
    cpu = '',
    memory = '',
    executionRoleArn,
    taskRoleArn,
    containerDefinitions = [],
  } = definition ?? {};
  const ours = tasks.filter((task) => task.taskDefinitionArn === arn);
  return {
    arn,
    family,
    cpu,
    memory,
    ...(executionRoleArn === undefined ? {} : { executionRoleArn }),
    ...(taskRoleArn === undefined ? {} : { taskRoleArn }),
    containers: containerDefinitions.map((container) => toContainerFacts(container, ours)),
  };
}

/** What ECS does when a task definition says nothing. */
const usualStopTimeoutSeconds = 30;

function toContainerFacts(container: ContainerDefinition, tasks: readonly Task[]): ContainerFacts {
  const { name = '', image = '', portMappings = [], environment = [], secrets = [] } = container;
  const digest = tasks.flatMap((task) => task.containers?.find((it) => it.name === name)?.imageDigest ?? [])[0];
  const pairs = environment.map((it): [string, string] => [it.name ?? '', it.value ?? '']);
  const hidden = pairs.filter(([key, value]) => isSecretName(key) || mayHoldSecret(value)).map(([key]) => key);
  return {
    name,
    image,
    ...(digest === undefined ? {} : { digest }),
    ports: portMappings.flatMap(({ containerPort }) => containerPort ?? []),
    stopTimeoutSeconds: container.stopTimeout ?? usualStopTimeoutSeconds,
    environment: Object.fromEntries(pairs.filter(([key]) => !hidden.includes(key))),
    hidden,
    secrets: Object.fromEntries(secrets.map((it) => [it.name ?? '', it.valueFrom ?? ''])),
  };
}
