import type { Service as ServiceAnswer } from '@aws-sdk/client-ecs';
import { deploymentAnswer, isPending, isRunning } from './deployment.js';
import { type EcsStore, type Service, tasksOf } from './store.js';

/** A service as the API tells it; its counts are those of its tasks at this moment. */
export function serviceAnswer(store: EcsStore, service: Service, withTags: boolean): ServiceAnswer {
  const tasks = tasksOf(store, service);
  return {
    serviceArn: service.arn,
    serviceName: service.name,
    clusterArn: service.clusterArn,
    status: service.status,
    desiredCount: service.desiredCount,
    runningCount: tasks.filter(isRunning).length,
    pendingCount: tasks.filter(isPending).length,
    launchType: service.launchType,
    schedulingStrategy: 'REPLICA',
    deploymentController: { type: 'ECS' },
    taskDefinition: service.taskDefinitionArn,
    deploymentConfiguration: service.deploymentConfiguration,
    deployments: service.deployments.map((deployment) => deploymentAnswer(service, deployment, tasks)),
    events: service.events,
    createdAt: service.createdAt,
    loadBalancers: service.loadBalancers,
    serviceRegistries: [],
    placementConstraints: [],
    placementStrategy: [],
    healthCheckGracePeriodSeconds: service.healthCheckGracePeriodSeconds,
    propagateTags: service.propagateTags,
    ...(service.networkConfiguration === undefined ? {} : { networkConfiguration: service.networkConfiguration }),
    ...(withTags ? { tags: store.tags.get(service.arn) ?? [] } : {}),
  };
}
