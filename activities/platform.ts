import type { ReleaseRequest } from '../domain/release-request.js';
import type { MetricSource } from './metrics/metric-source.js';
import type { TrafficRouter } from './traffic/traffic-router.js';
import type { WorkloadHost } from './workload/workload-host.js';

/** Where versions run, who gets which share of the requests, and who counts them: one account in one region. */
export interface Platform {
  readonly host: WorkloadHost;
  readonly router: TrafficRouter;
  readonly metrics: MetricSource;
}

/** The platform a request names; lanes of one account and region share it. Does not reach out, so it cannot fail. */
export type PlatformOf = (request: Pick<ReleaseRequest, 'aws'>) => Platform;
