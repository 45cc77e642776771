import type { AddressInfo } from 'node:net';
import { AwsError } from './aws-error.js';
import { createAdmin } from './admin.js';
import { createCallLog } from './calls.js';
import { cloudWatchService } from './cloudwatch/get-metric-data.js';
import { createMeasurements, type Measurements } from './cloudwatch/measurements.js';
import { createAddresses } from './ecs/address.js';
import type { Ecs } from './ecs/ecs.js';
import { createRegistry } from './ecs/image.js';
import { ecsService } from './ecs/operations.js';
import { startScheduler } from './ecs/scheduler.js';
import { createEcsStore } from './ecs/store.js';
import { createTaskRunner } from './ecs/task-runner.js';
import { createDataPlane } from './elb/data-plane.js';
import type { Elb } from './elb/elb.js';
import { startHealthChecks } from './elb/health-check.js';
import { elbService } from './elb/operations.js';
import { createElbStore, type ElbStore, loadBalancersUsing } from './elb/store.js';
import { targetRegistry } from './elb/target-registry.js';
import { createFaults } from './faults.js';
import type { Log } from './log.js';
import { createPrometheus } from './prometheus.js';
import { watchSaturation } from './saturation.js';
import { stsService } from './sts/assume-role.js';
import { createStsStore } from './sts/store.js';
import { defaultTimings, type Timings } from './timings.js';
import { createDispatch, operationsOf } from './wire/dispatch.js';
import { createEndpoint } from './wire/endpoint.js';

export interface SimulatorOptions {
  /** Port of the AWS endpoint. Default 0: a free one. */
  readonly apiPort?: number;
  /** Address the endpoint and the load balancers listen at. Default 127.0.0.1. */
  readonly listenerHost?: string;
  readonly timings?: Partial<Timings>;
  readonly log?: Log;
}

export interface Simulator {
  /** Where the AWS SDK's clients are pointed: ECS, load balancing, CloudWatch and STS, all at one. */
  readonly endpoint: string;
  /** Ends every task, listener and connection; resolves when nothing is left. */
  stop(): Promise<void>;
}

/** Starts an AWS account on this machine: containers are processes, the load balancer is real, everything else is memory. */
export async function startSimulator(options: SimulatorOptions = {}): Promise<Simulator> {
  const { apiPort = 0, listenerHost = '127.0.0.1', log = () => {} } = options;
  const timings: Timings = { ...defaultTimings, ...options.timings };
  const faults = createFaults();
  const calls = createCallLog();
  const registry = createRegistry();
  const measurements = createMeasurements();
  const prometheus = createPrometheus();
  const sts = createStsStore();

  const elbStore = createElbStore();
  const dataPlane = createDataPlane({
    store: elbStore,
    listenerHost,
    record(where, outcome) {
      measurements.record(where, outcome);
      prometheus.record(where, outcome);
    },
  });
  const elb: Elb = { store: elbStore, dataPlane, timings, listenerHost };
  const ecs: Ecs = { store: createEcsStore(), targets: targetRegistry(elb), timings, log };
  const runner = createTaskRunner({ ecs, registry, faults, addresses: createAddresses() });

  const dispatch = createDispatch({
    services: {
      ecs: operationsOf(ecsService(ecs), unknownJsonOperation),
      elasticloadbalancing: operationsOf(elbService(elb), unknownQueryOperation('2015-12-01')),
      cloudwatch: operationsOf(cloudWatchService(measurements), unknownJsonOperation),
      sts: operationsOf(stsService(sts), unknownQueryOperation('2011-06-15')),
    },
    faults,
    calls,
  });
  const metricsText = () => prometheus.text({ store: elbStore, dataPlane });
  const saturation = watchSaturation();
  const admin = createAdmin({
    ecs: ecs.store,
    runner,
    registry,
    sts,
    faults,
    calls,
    saturation: saturation.read,
    metricsText,
  });
  const endpoint = createEndpoint({ dispatch, sts, admin, log });
  await new Promise<void>((resolve, reject) => {
    endpoint.once('error', reject);
    endpoint.listen(apiPort, listenerHost, resolve);
  });

  const scheduler = startScheduler(ecs, runner);
  const healthChecks = startHealthChecks({ store: elbStore, dataPlane, timings });
  const census = setInterval(() => countHosts(elbStore, measurements), 500);

  return {
    endpoint: `http://${listenerHost}:${(endpoint.address() as AddressInfo).port}`,
    async stop() {
      clearInterval(census);
      saturation.stop();
      healthChecks.stop();
      scheduler.stop();
      endpoint.close();
      endpoint.closeAllConnections();
      await runner.stop();
      await dataPlane.stop();
    },
  };
}

function countHosts(store: ElbStore, measurements: Measurements): void {
  for (const group of store.targetGroups.values()) {
    const healthy = group.targets.filter(({ state }) => state === 'healthy').length;
    const unhealthy = group.targets.filter(({ state }) => state === 'unhealthy').length;
    for (const arn of loadBalancersUsing(store, group.arn)) {
      const loadBalancer = store.loadBalancers.get(arn)?.dimension;
      if (loadBalancer === undefined) continue;
      measurements.recordHosts({ loadBalancer, targetGroup: group.dimension }, { healthy, unhealthy });
    }
  }
}

function unknownJsonOperation(operation: string): AwsError {
  return new AwsError('UnknownOperationException', `The operation ${operation} is not simulated.`);
}

function unknownQueryOperation(version: string): (operation: string) => AwsError {
  return (operation) => new AwsError('InvalidAction', `Could not find operation ${operation} for version ${version}`);
}
