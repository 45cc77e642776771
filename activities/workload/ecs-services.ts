import type { Deployment, Service, ServiceField } from '@aws-sdk/client-ecs';

import type { ServiceState } from '../../domain/effect.js';
import { ReleaseError, isReleaseError } from '../../domain/failure.js';
import type { FoundService } from '../../domain/plan.js';
import { callAws } from '../aws-errors.js';
import type { EcsClient } from './ecs-client.js';
import { creationOf } from './service-creation.js';
import type { ServiceRef, ServiceSpec } from './workload-host.js';

/** The service as ECS has it, deleted ones (INACTIVE, DRAINING) included; `undefined` when ECS knows none. */
export async function describeService(
  ecs: EcsClient,
  ref: ServiceRef,
  include: ServiceField[] = [],
): Promise<Service | undefined> {
  const { services, failures } = await callAws(`describe ${named(ref)}`, () =>
    ecs.describeServices({ cluster: ref.cluster, services: [ref.service], include }),
  );
  const [service] = services ?? [];
  const reason = failures?.[0]?.reason;
  if (service !== undefined || reason === undefined || reason === 'MISSING') return service;
  throw new ReleaseError('aws-refused', `could not describe ${named(ref)}: AWS answered ${reason}`);
}

/** The deployment ECS is working towards; the others are being drained or were given up. */
export function primaryOf(service: Service): Deployment | undefined {
  return service.deployments?.find((deployment) => deployment.status === 'PRIMARY');
}

export async function readService(ecs: EcsClient, ref: ServiceRef): Promise<ServiceState> {
  const service = await describeService(ecs, ref);
  if (service === undefined || service.status === 'INACTIVE') return null;
  if (service.status === 'DRAINING') {
    throw new ReleaseError(
      'aws-refused',
      `${named(ref)} is being deleted (DRAINING); expected an active service or none; wait until ECS has deleted it`,
    );
  }
  const taskDefinitionArn = primaryOf(service)?.taskDefinition ?? service.taskDefinition;
  if (taskDefinitionArn === undefined || service.desiredCount === undefined) {
    throw new ReleaseError('aws-refused', `${named(ref)} has no task definition; expected one run by ECS itself`);
  }
  return { taskDefinitionArn, desiredCount: service.desiredCount };
}

export async function findService(ecs: EcsClient, ref: ServiceRef): Promise<FoundService | null> {
  const service = await describeService(ecs, ref);
  if (service === undefined || service.status === 'INACTIVE') return null;
  return {
    targetGroups: (service.loadBalancers ?? []).flatMap(({ targetGroupArn }) => targetGroupArn ?? []),
    desiredCount: service.desiredCount ?? 0,
  };
}

export async function createService(ecs: EcsClient, spec: ServiceSpec): Promise<void> {
  const template = spec.template === undefined ? undefined : await describeTemplate(ecs, spec.template);
  const creation = creationOf(spec, template);
  try {
    await callAws(`create ${named(spec)}`, () => ecs.createService(creation));
  } catch (error) {
    if (!isReleaseError(error) || error.code !== 'aws-refused') throw error;
    await settleRefusedCreation({ ecs, spec, refusal: error });
  }
}

async function describeTemplate(ecs: EcsClient, ref: ServiceRef): Promise<Service | undefined> {
  const service = await describeService(ecs, ref, ['TAGS']);
  return service?.status === 'ACTIVE' ? service : undefined;
}

/** "Creation of service was not idempotent" also stands for a service that is just what was asked for. */
async function settleRefusedCreation(attempt: {
  readonly ecs: EcsClient;
  readonly spec: ServiceSpec;
  readonly refusal: ReleaseError;
}): Promise<void> {
  const { ecs, spec, refusal } = attempt;
  const found = await readService(ecs, spec);
  if (found === null) throw refusal;
  if (found.taskDefinitionArn === spec.taskDefinitionArn && found.desiredCount === spec.desiredCount) return;
  throw new ReleaseError(
    'aws-refused',
    `${refusal.message}; expected none or ${spec.taskDefinitionArn} × ${spec.desiredCount}, ` +
      `found ${found.taskDefinitionArn} × ${found.desiredCount}`,
    { cause: refusal },
  );
}

export async function changeService(ecs: EcsClient, ref: ServiceRef, state: NonNullable<ServiceState>): Promise<void> {
  // Not compared first: what was read may be stale, and the same order twice starts no deployment.
  await callAws(`change ${named(ref)} to ${state.taskDefinitionArn} × ${state.desiredCount}`, () =>
    ecs.updateService({
      cluster: ref.cluster,
      service: ref.service,
      taskDefinition: state.taskDefinitionArn,
      desiredCount: state.desiredCount,
    }),
  );
}

export function named(ref: ServiceRef): string {
  return `service ${ref.service} in cluster ${ref.cluster}`;
}
