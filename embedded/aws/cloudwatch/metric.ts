import type { Second } from './measurements.js';
import type { Sample } from './statistic.js';

/** A metric of AWS/ApplicationELB. */
export interface Metric {
  /** With which sets of dimensions AWS publishes it; asked for with others, it has no data. */
  readonly dimensions: readonly ('LoadBalancer' | 'LoadBalancer,TargetGroup')[];
  sample(seconds: readonly Second[]): Sample;
}

const both = ['LoadBalancer', 'LoadBalancer,TargetGroup'] as const;

export const metrics: Readonly<Record<string, Metric>> = {
  RequestCount: counted(both, (second) => second.requests),
  HTTPCode_Target_2XX_Count: counted(both, (second) => second.target2xx),
  HTTPCode_Target_3XX_Count: counted(both, (second) => second.target3xx),
  HTTPCode_Target_4XX_Count: counted(both, (second) => second.target4xx),
  HTTPCode_Target_5XX_Count: counted(both, (second) => second.target5xx),
  HTTPCode_ELB_4XX_Count: counted(['LoadBalancer'], (second) => second.elb4xx),
  HTTPCode_ELB_5XX_Count: counted(['LoadBalancer'], (second) => second.elb5xx),
  TargetConnectionErrorCount: counted(both, (second) => second.connectionErrors),
  TargetResponseTime: {
    dimensions: both,
    sample: (seconds) => ({ kind: 'values', values: seconds.flatMap(({ latencies }) => latencies) }),
  },
  HealthyHostCount: hosts('healthy'),
  UnHealthyHostCount: hosts('unhealthy'),
};

function counted(dimensions: Metric['dimensions'], of: (second: Second) => number): Metric {
  return {
    dimensions,
    sample: (seconds) => ({ kind: 'count', count: seconds.reduce((total, second) => total + of(second), 0) }),
  };
}

function hosts(which: 'healthy' | 'unhealthy'): Metric {
  return {
    dimensions: ['LoadBalancer,TargetGroup'],
    sample: (seconds) => ({
      kind: 'values',
      values: seconds.flatMap((second) => (second.hosts === undefined ? [] : [second.hosts[which]])),
    }),
  };
}
