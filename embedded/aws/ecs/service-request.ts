import type {
  CreateServiceRequest,
  DeploymentConfiguration,
  LoadBalancer,
  NetworkConfiguration,
} from '@aws-sdk/client-ecs';
import { AwsError } from '../aws-error.js';
import type { TargetRegistry } from './ecs.js';
import { type EcsStore, findTaskDefinition, type TaskDefinition } from './store.js';

/** A task definition a service may use. */
export function usableTaskDefinition(store: EcsStore, name: string): TaskDefinition {
  const definition = findTaskDefinition(store, name);
  if (definition === undefined) throw new AwsError('ClientException', 'TaskDefinition not found.');
  if (definition.status === 'INACTIVE') throw new AwsError('ClientException', 'TaskDefinition is inactive');
  return definition;
}

export function checkCount(desiredCount: number | undefined): number {
  if (desiredCount === undefined) throw invalid('Desired count is required for the REPLICA scheduling strategy.');
  if (Number.isInteger(desiredCount) && desiredCount >= 0) return desiredCount;
  throw invalid('desiredCount should not be negative');
}

export function checkLaunch(definition: TaskDefinition, input: CreateServiceRequest): 'EC2' | 'FARGATE' {
  const { launchType, capacityProviderStrategy: providers = [] } = input;
  if (launchType !== undefined && providers.length > 0) {
    throw invalid(
      'Specifying both a launch type and capacity provider strategy is not supported. Remove one and try again.',
    );
  }
  const fargate =
    launchType === 'FARGATE' || providers.some(({ capacityProvider = '' }) => capacityProvider.startsWith('FARGATE'));
  if (fargate && definition.given.requiresCompatibilities?.includes('FARGATE') !== true) {
    throw invalid('Task definition does not support launch_type FARGATE.');
  }
  return fargate ? 'FARGATE' : 'EC2';
}

export function checkNetwork(definition: TaskDefinition, network: NetworkConfiguration | undefined): void {
  const awsvpc = definition.given.networkMode === 'awsvpc';
  if (awsvpc && network?.awsvpcConfiguration === undefined) {
    throw invalid("Network Configuration must be provided when networkMode 'awsvpc' is specified.");
  }
  if (!awsvpc && network !== undefined) {
    throw invalid('Network Configuration is not valid for the given networkMode of this task definition.');
  }
}

export function checkLoadBalancers(targets: TargetRegistry, definition: TaskDefinition, given: LoadBalancer[]): void {
  for (const { targetGroupArn, containerName, containerPort } of given) {
    if (targetGroupArn === undefined) throw invalid('targetGroupArn should not be null or empty.');
    const container = definition.containers.find(({ name }) => name === containerName);
    if (container === undefined) {
      throw invalid(`The container ${containerName} does not exist in the task definition.`);
    }
    if (container.portMappings?.some((mapping) => mapping.containerPort === containerPort) !== true) {
      throw invalid(`The container ${containerName} did not have a container port ${containerPort} defined.`);
    }
    const group = targets.describe(targetGroupArn);
    if (group === undefined) throw invalid(`The target group with targetGroupArn ${targetGroupArn} does not exist.`);
    if (group.targetType !== 'ip' && definition.given.networkMode === 'awsvpc') {
      throw invalid(
        `The provided target group ${targetGroupArn} has target type ${group.targetType}, which is incompatible with the awsvpc network mode specified in the task definition.`,
      );
    }
    if (!group.attached) {
      throw invalid(
        `The target group with targetGroupArn ${targetGroupArn} does not have an associated load balancer.`,
      );
    }
  }
}

/** Fills in AWS's defaults: 100 % must stay healthy, 200 % may run, no circuit breaker. */
export function deploymentConfiguration(
  given: DeploymentConfiguration | undefined,
  before: DeploymentConfiguration = {},
): DeploymentConfiguration {
  const strategy = given?.strategy ?? 'ROLLING';
  if (strategy !== 'ROLLING') throw invalid(`Deployment strategy ${strategy} is not simulated.`);
  return {
    strategy,
    maximumPercent: given?.maximumPercent ?? before.maximumPercent ?? 200,
    minimumHealthyPercent: given?.minimumHealthyPercent ?? before.minimumHealthyPercent ?? 100,
    deploymentCircuitBreaker: given?.deploymentCircuitBreaker ??
      before.deploymentCircuitBreaker ?? { enable: false, rollback: false },
  };
}

export function checkController(input: CreateServiceRequest): void {
  const type = input.deploymentController?.type ?? 'ECS';
  if (type !== 'ECS') throw invalid(`Deployment controller ${type} is not simulated.`);
  if ((input.schedulingStrategy ?? 'REPLICA') !== 'REPLICA') throw invalid('Only REPLICA scheduling is simulated.');
}

export function invalid(message: string): AwsError {
  return new AwsError('InvalidParameterException', message);
}
