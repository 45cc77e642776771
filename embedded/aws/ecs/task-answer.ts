import type { Attachment, Container, ContainerDefinition, Task as TaskAnswer } from '@aws-sdk/client-ecs';
import { arnOf } from '../account.js';
import { type EcsStore, lastPart, type Task } from './store.js';

/** A task as the API tells it. Its address is in the attachment and in the container's network interface. */
export function taskAnswer(store: EcsStore, task: Task): TaskAnswer {
  const definition = store.taskDefinitions.get(task.taskDefinitionArn);
  const service = store.services.get(task.serviceArn);
  return {
    taskArn: task.arn,
    clusterArn: task.clusterArn,
    taskDefinitionArn: task.taskDefinitionArn,
    group: `service:${service?.name ?? lastPart(task.serviceArn)}`,
    startedBy: task.deploymentId,
    launchType: service?.launchType ?? 'EC2',
    lastStatus: task.lastStatus,
    desiredStatus: task.desiredStatus,
    healthStatus: 'UNKNOWN',
    connectivity: 'CONNECTED',
    availabilityZone: 'us-east-1a',
    cpu: definition?.given.cpu ?? '256',
    memory: definition?.given.memory ?? '512',
    createdAt: task.createdAt,
    attachments: [attachmentOf(task)],
    containers: (definition?.containers ?? []).map((container) => containerOf(task, container)),
    overrides: { containerOverrides: [], inferenceAcceleratorOverrides: [] },
    version: 1,
    ...(task.startedAt === undefined ? {} : { startedAt: task.startedAt }),
    ...(task.stoppingAt === undefined ? {} : { stoppingAt: task.stoppingAt }),
    ...(task.stoppedAt === undefined ? {} : { stoppedAt: task.stoppedAt, executionStoppedAt: task.stoppedAt }),
    ...(task.stopCode === undefined ? {} : { stopCode: task.stopCode }),
    ...(task.stoppedReason === undefined ? {} : { stoppedReason: task.stoppedReason }),
  };
}

function attachmentOf(task: Task): Attachment {
  const status = task.lastStatus === 'STOPPED' ? 'DELETED' : task.address === undefined ? 'PRECREATED' : 'ATTACHED';
  const details = [{ name: 'subnetId', value: 'subnet-0a1b2c3d4e5f60718' }];
  if (task.address !== undefined) {
    details.push(
      { name: 'networkInterfaceId', value: `eni-${task.id.slice(0, 17)}` },
      { name: 'privateIPv4Address', value: task.address },
    );
  }
  return { id: task.attachmentId, type: 'ElasticNetworkInterface', status, details };
}

/** Containers beside the one that is run are told as if they shared its life. */
function containerOf(task: Task, { name, image = '' }: ContainerDefinition): Container {
  return {
    containerArn: arnOf('ecs', `container/${lastPart(task.clusterArn)}/${task.id}/${task.attachmentId}`),
    taskArn: task.arn,
    name,
    image,
    imageDigest: image.split('@')[1],
    runtimeId: `${task.id}-0`,
    lastStatus: task.lastStatus === 'STOPPED' || task.lastStatus === 'RUNNING' ? task.lastStatus : 'PENDING',
    healthStatus: 'UNKNOWN',
    networkBindings: [],
    networkInterfaces:
      task.address === undefined ? [] : [{ attachmentId: task.attachmentId, privateIpv4Address: task.address }],
    ...(task.exitCode === undefined ? {} : { exitCode: task.exitCode }),
    ...(task.failed && task.exitCode === undefined ? { reason: task.stoppedReason } : {}),
  };
}
