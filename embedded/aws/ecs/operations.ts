import type { AwsService } from '../wire/dispatch.js';
import { createCluster, describeClusters, listClusters } from './cluster.js';
import type { Ecs } from './ecs.js';
import { createService, deleteService, describeServices, listServices, updateService } from './service.js';
import type { EcsStore } from './store.js';
import { listTagsForResource, tagResource, untagResource } from './tags.js';
import { describeTasks, listTasks, stopTask } from './task.js';
import {
  deregisterTaskDefinition,
  describeTaskDefinition,
  listTaskDefinitions,
  registerTaskDefinition,
} from './task-definition.js';

/** The ECS operations by their AWS names. */
export function ecsService(ecs: Ecs): AwsService<EcsStore> {
  return {
    store: ecs.store,
    reads: {
      DescribeClusters: describeClusters,
      DescribeServices: describeServices,
      DescribeTaskDefinition: describeTaskDefinition,
      DescribeTasks: describeTasks,
      ListClusters: listClusters,
      ListServices: listServices,
      ListTagsForResource: listTagsForResource,
      ListTaskDefinitions: listTaskDefinitions,
      ListTasks: listTasks,
    },
    writes: {
      CreateCluster: createCluster.bind(undefined, ecs),
      CreateService: createService.bind(undefined, ecs),
      DeleteService: deleteService.bind(undefined, ecs),
      DeregisterTaskDefinition: deregisterTaskDefinition.bind(undefined, ecs),
      RegisterTaskDefinition: registerTaskDefinition.bind(undefined, ecs),
      StopTask: stopTask.bind(undefined, ecs),
      TagResource: tagResource.bind(undefined, ecs),
      UntagResource: untagResource.bind(undefined, ecs),
      UpdateService: updateService.bind(undefined, ecs),
    },
  };
}
