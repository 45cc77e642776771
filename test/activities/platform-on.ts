import type { AwsClients } from '../../activities/aws-clients.js';
import { createCloudWatchMetricSource } from '../../activities/metrics/cloudwatch-metric-source.js';
import type { Platform } from '../../activities/platform.js';
import { createAlbTrafficRouter } from '../../activities/traffic/alb-traffic-router.js';
import { createEcsWorkloadHost } from '../../activities/workload/ecs-workload-host.js';

/** The platform these clients reach; a look at a service does not wait for stale answers to pass. */
export function platformOn(clients: AwsClients): Platform {
  return {
    host: createEcsWorkloadHost({ ecs: clients.ecs, staleReadMs: 0 }),
    router: createAlbTrafficRouter(clients),
    metrics: createCloudWatchMetricSource(clients),
  };
}
