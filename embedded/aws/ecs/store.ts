import type {
  ContainerDefinition,
  CreateServiceRequest,
  DeploymentConfiguration,
  LoadBalancer,
  NetworkConfiguration,
  RegisterTaskDefinitionRequest,
  Tag,
} from '@aws-sdk/client-ecs';
import { AwsError } from '../aws-error.js';

/** Everything the ECS API can tell: plain records by ARN, so that a copy is a snapshot. */
export interface EcsStore {
  readonly clusters: Map<string, Cluster>;
  readonly taskDefinitions: Map<string, TaskDefinition>;
  readonly services: Map<string, Service>;
  readonly tasks: Map<string, Task>;
  readonly tags: Map<string, Tag[]>;
}

export interface Cluster {
  readonly arn: string;
  readonly name: string;
}

export interface TaskDefinition {
  readonly arn: string;
  readonly family: string;
  readonly revision: number;
  readonly registeredAt: Date;
  readonly given: RegisterTaskDefinitionRequest;
  /** At least one. */
  readonly containers: readonly ContainerDefinition[];
  status: 'ACTIVE' | 'INACTIVE';
  deregisteredAt?: Date;
}

export interface Service {
  readonly arn: string;
  readonly name: string;
  readonly clusterArn: string;
  readonly createdAt: Date;
  readonly clientToken: string | undefined;
  /** The creating request, to tell a retry from another wish. */
  readonly createdBy: string;
  readonly loadBalancers: LoadBalancer[];
  /** What it was made with. */
  readonly given: CreateServiceRequest;
  readonly launchType: 'EC2' | 'FARGATE';
  networkConfiguration: NetworkConfiguration | undefined;
  status: 'ACTIVE' | 'DRAINING' | 'INACTIVE';
  desiredCount: number;
  taskDefinitionArn: string;
  healthCheckGracePeriodSeconds: number;
  deploymentConfiguration: DeploymentConfiguration;
  /** Newest first: the first is PRIMARY. */
  deployments: Deployment[];
  /** Task definition of the last deployment that completed: where the circuit breaker goes back to. */
  lastCompleted: { deploymentId: string; taskDefinitionArn: string } | undefined;
  /** Newest first. */
  events: { id: string; createdAt: Date; message: string }[];
  steady: boolean;
}

export interface Deployment {
  readonly id: string;
  readonly taskDefinitionArn: string;
  readonly createdAt: Date;
  updatedAt: Date;
  rolloutState: 'IN_PROGRESS' | 'COMPLETED' | 'FAILED';
  rolloutStateReason: string;
  /** Failed tasks in a row, as the circuit breaker counts them. */
  failedTasks: number;
  /** No task is started before this: the pause after failures. Epoch milliseconds. */
  nextStartAt: number;
}

export type TaskStatus =
  'PROVISIONING' | 'PENDING' | 'RUNNING' | 'DEACTIVATING' | 'STOPPING' | 'DEPROVISIONING' | 'STOPPED';

export type StopCode = 'TaskFailedToStart' | 'EssentialContainerExited' | 'UserInitiated' | 'ServiceSchedulerInitiated';

export interface Task {
  readonly id: string;
  readonly arn: string;
  readonly clusterArn: string;
  readonly serviceArn: string;
  readonly deploymentId: string;
  readonly taskDefinitionArn: string;
  readonly createdAt: Date;
  readonly attachmentId: string;
  lastStatus: TaskStatus;
  desiredStatus: 'RUNNING' | 'STOPPED';
  address?: string;
  port?: number;
  startedAt?: Date;
  stoppingAt?: Date;
  stoppedAt?: Date;
  stopCode?: StopCode;
  stoppedReason?: string;
  exitCode?: number;
  /** When the present state may be left: the end of the deregistration delay, then of the stop timeout. */
  leaveAt?: number;
  /** A failed task counts for the circuit breaker and is replaced after a pause. */
  failed: boolean;
  /** Has it been counted as healthy, or as failed? Each only once. */
  countedHealthy: boolean;
  countedFailed: boolean;
}

export function createEcsStore(): EcsStore {
  return {
    clusters: new Map(),
    taskDefinitions: new Map(),
    services: new Map(),
    tasks: new Map(),
    tags: new Map(),
  };
}

/** The one container of a task that is run, the first with a port: a second process would need a network to share. */
export function servingContainer(store: EcsStore, task: Task): ContainerDefinition | undefined {
  const { containers = [] } = store.taskDefinitions.get(task.taskDefinitionArn) ?? {};
  return containers.find(({ portMappings = [] }) => portMappings.length > 0) ?? containers[0];
}

/** By name or ARN; `default` when none is given, as in AWS. */
export function findCluster(store: EcsStore, nameOrArn: string | undefined): Cluster {
  const name = lastPart(nameOrArn ?? 'default');
  const found = [...store.clusters.values()].find((cluster) => cluster.name === name);
  if (found === undefined) throw new AwsError('ClusterNotFoundException', 'Cluster not found.');
  return found;
}

/** By name or ARN. An inactive service is found only while no other took its name. */
export function findService(store: EcsStore, cluster: Cluster, nameOrArn: string): Service | undefined {
  const name = lastPart(nameOrArn);
  const named = [...store.services.values()].filter(
    (service) => service.clusterArn === cluster.arn && service.name === name,
  );
  return named.find(({ status }) => status !== 'INACTIVE') ?? named.at(-1);
}

/** `family` (the newest active revision), `family:revision` or an ARN. */
export function findTaskDefinition(store: EcsStore, name: string): TaskDefinition | undefined {
  const [family, revision] = lastPart(name).split(':');
  const all = [...store.taskDefinitions.values()].filter((definition) => definition.family === family);
  if (revision !== undefined) return all.find((definition) => definition.revision === Number(revision));
  return all.filter(({ status }) => status === 'ACTIVE').at(-1);
}

export function tasksOf(store: EcsStore, service: Service): Task[] {
  return [...store.tasks.values()].filter(({ serviceArn }) => serviceArn === service.arn);
}

export function required<T>(name: string, value: T | undefined): T {
  if (value !== undefined && value !== '') return value;
  throw new AwsError('InvalidParameterException', `${name} should not be null or empty.`);
}

export function lastPart(nameOrArn: string): string {
  return nameOrArn.split('/').at(-1) ?? nameOrArn;
}
