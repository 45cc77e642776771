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
    schedulingStrategy: 'REPLICA',
    deploymentController: { type: 'ECS' },
    taskDefinition: service.taskDefinitionArn,
    deploymentConfiguration: service.deploymentConfiguration,
    deployments: service.deployments.map((deployment) => deploymentAnswer(service, deployment, tasks)),
    events: service.events,
    createdAt: service.createdAt,
    loadBalancers: service.loadBalancers,
    serviceRegistries: [],
    placementConstraints: service.given.placementConstraints ?? [],
    placementStrategy: service.given.placementStrategy ?? [],
    healthCheckGracePeriodSeconds: service.healthCheckGracePeriodSeconds,
    propagateTags: service.given.propagateTags ?? 'NONE',
    enableECSManagedTags: service.given.enableECSManagedTags ?? false,
    enableExecuteCommand: service.given.enableExecuteCommand ?? false,
    availabilityZoneRebalancing: service.given.availabilityZoneRebalancing ?? 'ENABLED',
    ...launchOf(service),
    ...(service.networkConfiguration === undefined ? {} : { networkConfiguration: service.networkConfiguration }),
    ...(withTags ? { tags: store.tags.get(service.arn) ?? [] } : {}),
  };
}

/** A service has a launch type or capacity providers, never both. */
function launchOf({ given, launchType }: Service): Partial<ServiceAnswer> {
  const { capacityProviderStrategy = [], platformVersion = 'LATEST' } = given;
  return {
    ...(capacityProviderStrategy.length > 0 ? { capacityProviderStrategy } : { launchType }),
    ...(launchType === 'FARGATE' ? { platformVersion, platformFamily: 'Linux' } : {}),
  };
}
