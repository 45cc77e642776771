import type {
  CreateServiceRequest,
  CreateServiceResponse,
  DeleteServiceRequest,
  DeleteServiceResponse,
  DescribeServicesRequest,
  DescribeServicesResponse,
  ListServicesRequest,
  ListServicesResponse,
  UpdateServiceRequest,
  UpdateServiceResponse,
} from '@aws-sdk/client-ecs';
import { arnOf } from '../account.js';
import { AwsError } from '../aws-error.js';
import { primaryOf, startDeployment } from './deployment.js';
import type { Ecs } from './ecs.js';
import { pageOf } from './paging.js';
import { serviceAnswer } from './service-answer.js';
import {
  checkController,
  checkCount,
  checkLaunch,
  checkLoadBalancers,
  checkNetwork,
  deploymentConfiguration,
  invalid,
  usableTaskDefinition,
} from './service-request.js';
import { type EcsStore, findCluster, findService, required, type Service } from './store.js';

const mostAsked = 10;
const longestToken = 36;

export function createService({ store, targets }: Ecs, input: CreateServiceRequest): CreateServiceResponse {
  const cluster = findCluster(store, input.cluster);
  const name = required('serviceName', input.serviceName);
  if (!/^[A-Za-z0-9_-]{1,255}$/.test(name)) throw invalid(`Service name '${name}' is invalid.`);
  const { clientToken } = input;
  if (clientToken !== undefined && !/^[!-~]{1,36}$/.test(clientToken)) {
    throw invalid(`clientToken must be at most ${longestToken} ASCII characters.`);
  }
  const createdBy = JSON.stringify(input);
  const existing = idempotent(store, cluster.arn, { name, clientToken, createdBy });
  if (existing !== undefined) return { service: serviceAnswer(store, existing, true) };

  checkController(input);
  const definition = usableTaskDefinition(store, required('taskDefinition', input.taskDefinition));
  const loadBalancers = input.loadBalancers ?? [];
  checkNetwork(definition, input.networkConfiguration);
  checkLoadBalancers(targets, definition, loadBalancers);
  const service: Service = {
    arn: arnOf('ecs', `service/${cluster.name}/${name}`),
    name,
    clusterArn: cluster.arn,
    createdAt: new Date(),
    clientToken,
    createdBy,
    loadBalancers,
    given: input,
    launchType: checkLaunch(definition, input),
    networkConfiguration: input.networkConfiguration,
    status: 'ACTIVE',
    desiredCount: checkCount(input.desiredCount),
    taskDefinitionArn: definition.arn,
    healthCheckGracePeriodSeconds: input.healthCheckGracePeriodSeconds ?? 0,
    deploymentConfiguration: deploymentConfiguration(input.deploymentConfiguration),
    deployments: [],
    lastCompleted: undefined,
    events: [],
    steady: false,
  };
  startDeployment(service, definition.arn);
  store.services.set(service.arn, service);
  store.tags.set(service.arn, input.tags ?? []);
  return { service: serviceAnswer(store, service, true) };
}

/** Another task definition, another network or `forceNewDeployment` make a new deployment; a count alone does not. */
export function updateService({ store, targets }: Ecs, input: UpdateServiceRequest): UpdateServiceResponse {
  const service = activeService(store, input.cluster, input.service);
  if (input.loadBalancers !== undefined) throw invalid('Changing the load balancers of a service is not simulated.');
  const definition = usableTaskDefinition(store, input.taskDefinition ?? service.taskDefinitionArn);
  const network = input.networkConfiguration ?? service.networkConfiguration;
  checkNetwork(definition, network);
  checkLoadBalancers(targets, definition, service.loadBalancers);
  const desiredCount = checkCount(input.desiredCount ?? service.desiredCount);
  const configuration = deploymentConfiguration(input.deploymentConfiguration, service.deploymentConfiguration);
  const renewed =
    definition.arn !== service.taskDefinitionArn ||
    JSON.stringify(network) !== JSON.stringify(service.networkConfiguration) ||
    input.forceNewDeployment === true;

  if (desiredCount !== service.desiredCount) service.steady = false;
  service.desiredCount = desiredCount;
  service.networkConfiguration = network;
  service.deploymentConfiguration = configuration;
  service.healthCheckGracePeriodSeconds = input.healthCheckGracePeriodSeconds ?? service.healthCheckGracePeriodSeconds;
  if (renewed) startDeployment(service, definition.arn);
  else primaryOf(service).updatedAt = new Date();
  return { service: serviceAnswer(store, service, true) };
}

export function describeServices(store: EcsStore, input: DescribeServicesRequest): DescribeServicesResponse {
  const cluster = findCluster(store, input.cluster);
  const asked = required('services', input.services);
  if (asked.length === 0) throw invalid('Services cannot be empty.');
  if (asked.length > mostAsked) throw invalid(`Services cannot have more than ${mostAsked} elements`);
  const withTags = input.include?.includes('TAGS') === true;
  const services = [];
  const failures = [];
  for (const nameOrArn of asked) {
    const service = findService(store, cluster, nameOrArn);
    if (service !== undefined) services.push(serviceAnswer(store, service, withTags));
    else failures.push({ arn: missingArn(cluster.name, nameOrArn), reason: 'MISSING' });
  }
  return { services, failures };
}

export function listServices(store: EcsStore, input: ListServicesRequest): ListServicesResponse {
  const cluster = findCluster(store, input.cluster);
  const arns = [...store.services.values()]
    .filter(({ clusterArn, status }) => clusterArn === cluster.arn && status !== 'INACTIVE')
    .map(({ arn }) => arn);
  const { items, ...rest } = pageOf(arns, input);
  return { serviceArns: items, ...rest };
}

/** The service drains: it is INACTIVE once its last task has stopped. */
export function deleteService({ store }: Ecs, input: DeleteServiceRequest): DeleteServiceResponse {
  const service = activeService(store, input.cluster, input.service);
  if (service.desiredCount > 0 && input.force !== true) {
    throw invalid('The service cannot be stopped while it is scaled above 0.');
  }
  service.desiredCount = 0;
  service.status = 'DRAINING';
  return { service: serviceAnswer(store, service, true) };
}

function idempotent(
  store: EcsStore,
  clusterArn: string,
  wanted: { name: string; clientToken: string | undefined; createdBy: string },
): Service | undefined {
  const present = [...store.services.values()].filter(
    (service) => service.clusterArn === clusterArn && service.status !== 'INACTIVE',
  );
  const byToken =
    wanted.clientToken === undefined
      ? undefined
      : present.find(({ clientToken }) => clientToken === wanted.clientToken);
  if (byToken !== undefined && byToken.createdBy === wanted.createdBy) return byToken;
  const byName = present.find(({ name }) => name === wanted.name);
  if (byName?.status === 'DRAINING') throw invalid('Unable to Start a service that is still Draining.');
  if (byToken !== undefined || byName !== undefined) throw invalid('Creation of service was not idempotent.');
  return undefined;
}

function activeService(store: EcsStore, cluster: string | undefined, nameOrArn: string | undefined): Service {
  const service = findService(store, findCluster(store, cluster), required('service', nameOrArn));
  if (service === undefined) throw new AwsError('ServiceNotFoundException', 'Service not found.');
  if (service.status !== 'ACTIVE') throw new AwsError('ServiceNotActiveException', 'Service was not ACTIVE.');
  return service;
}

function missingArn(clusterName: string, nameOrArn: string): string {
  return nameOrArn.startsWith('arn:') ? nameOrArn : arnOf('ecs', `service/${clusterName}/${nameOrArn}`);
}
