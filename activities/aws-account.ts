import type { AwsRequest, ReleaseRequest } from '../domain/release-request.js';
import { assumeRole } from './assumed-role.js';
import { type AwsClientOptions, type AwsClients, clientConfig, createAwsClients } from './aws-clients.js';
import { createCloudWatchMetricSource } from './metrics/cloudwatch-metric-source.js';
import type { Platform } from './platform.js';
import { createAlbTrafficRouter } from './traffic/alb-traffic-router.js';
import { createEcsWorkloadHost } from './workload/ecs-workload-host.js';

/** ECS, its load balancer and CloudWatch, as one role sees them in one region. */
export interface AwsAccount {
  readonly aws: AwsClients;
  readonly platform: Platform;
}

/** What a request names, the worker's own where it names none; one set of clients for each region and role. Does not reach out. */
export function createAwsAccounts(own: AwsClientOptions): (request: Pick<ReleaseRequest, 'aws'>) => AwsAccount {
  const known = new Map<string, AwsAccount>();
  return ({ aws = {} }) => {
    const { region = own.region, roleArn, externalId } = aws;
    const key = JSON.stringify([region, roleArn, externalId]);
    const account = known.get(key) ?? open(own, { ...aws, region });
    known.set(key, account);
    return account;
  };
}

function open(own: AwsClientOptions, { region, roleArn, externalId }: AwsRequest & { region: string }): AwsAccount {
  const role = roleArn === undefined ? undefined : { roleArn, ...(externalId === undefined ? {} : { externalId }) };
  const clients = createAwsClients({
    ...own,
    region,
    ...(role === undefined ? {} : { credentials: assumeRole(clientConfig(own), role) }),
  });
  return {
    aws: clients,
    platform: {
      host: createEcsWorkloadHost(clients),
      router: createAlbTrafficRouter(clients),
      metrics: createCloudWatchMetricSource(clients),
    },
  };
}
