import type {
  Cluster as ClusterAnswer,
  CreateClusterRequest,
  CreateClusterResponse,
  DescribeClustersRequest,
  DescribeClustersResponse,
  ListClustersResponse,
} from '@aws-sdk/client-ecs';
import { arnOf } from '../account.js';
import { AwsError } from '../aws-error.js';
import type { Ecs } from './ecs.js';
import { type Cluster, type EcsStore, lastPart } from './store.js';

/** Creating a cluster that exists answers the existing one, as AWS does. */
export function createCluster({ store }: Ecs, input: CreateClusterRequest): CreateClusterResponse {
  const name = input.clusterName ?? 'default';
  if (!/^[A-Za-z0-9_-]{1,255}$/.test(name)) {
    throw new AwsError('InvalidParameterException', `Cluster name '${name}' is invalid.`);
  }
  const arn = arnOf('ecs', `cluster/${name}`);
  const cluster = store.clusters.get(arn) ?? { arn, name };
  store.clusters.set(arn, cluster);
  if (input.tags !== undefined) store.tags.set(arn, input.tags);
  return { cluster: answerOf(store, cluster) };
}

export function describeClusters(store: EcsStore, input: DescribeClustersRequest): DescribeClustersResponse {
  const asked = input.clusters ?? ['default'];
  const found: ClusterAnswer[] = [];
  const failures: { arn: string; reason: string }[] = [];
  for (const nameOrArn of asked) {
    const arn = arnOf('ecs', `cluster/${lastPart(nameOrArn)}`);
    const cluster = store.clusters.get(arn);
    if (cluster === undefined) failures.push({ arn, reason: 'MISSING' });
    else found.push(answerOf(store, cluster));
  }
  return { clusters: found, failures };
}

export function listClusters(store: EcsStore): ListClustersResponse {
  return { clusterArns: [...store.clusters.keys()] };
}

function answerOf(store: EcsStore, cluster: Cluster): ClusterAnswer {
  const tasks = [...store.tasks.values()].filter(({ clusterArn }) => clusterArn === cluster.arn);
  const services = [...store.services.values()].filter(
    ({ clusterArn, status }) => clusterArn === cluster.arn && status !== 'INACTIVE',
  );
  return {
    clusterArn: cluster.arn,
    clusterName: cluster.name,
    status: 'ACTIVE',
    registeredContainerInstancesCount: 0,
    runningTasksCount: tasks.filter(({ lastStatus }) => lastStatus === 'RUNNING').length,
    pendingTasksCount: tasks.filter(({ lastStatus }) => lastStatus === 'PROVISIONING' || lastStatus === 'PENDING')
      .length,
    activeServicesCount: services.length,
    tags: store.tags.get(cluster.arn) ?? [],
  };
}
