import type { ECS } from '@aws-sdk/client-ecs';

/** The calls of ECS sluice makes, and so the actions its role needs. */
export type EcsClient = Pick<
  ECS,
  | 'createService'
  | 'describeServices'
  | 'describeTaskDefinition'
  | 'describeTasks'
  | 'listTaskDefinitions'
  | 'listTasks'
  | 'registerTaskDefinition'
  | 'updateService'
>;
