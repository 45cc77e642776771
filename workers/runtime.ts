import { DefaultLogger, type LogLevel, Runtime } from '@temporalio/worker';
import type { Logger } from 'pino';
import { metrics, secondsBuckets } from '../domain/metrics.js';
import type { WorkerConfig } from './config.js';

type PinoLevel = 'trace' | 'debug' | 'info' | 'warn' | 'error';

/** Temporal's side of the process: its log goes into ours, and its metrics endpoint carries ours as well. */
export function installRuntime({ logLevel, metricsPort, buildId }: WorkerConfig, log: Logger): void {
  Runtime.install({
    // Signals are ours: Temporal's own handlers would race with the grace period.
    shutdownSignals: [],
    logger: new DefaultLogger(logLevel.toUpperCase() as LogLevel, ({ level, message, meta }) =>
      log[level.toLowerCase() as PinoLevel](meta ?? {}, message),
    ),
    ...(metricsPort === undefined
      ? {}
      : {
          telemetryOptions: {
            metrics: {
              globalTags: { build_id: buildId },
              prometheus: { bindAddress: `0.0.0.0:${metricsPort}`, histogramBucketOverrides: buckets },
            },
          },
        }),
  });
}

const histograms = Object.values(metrics).filter(({ kind }) => kind === 'histogram');
const buckets = Object.fromEntries(histograms.map(({ name }) => [name, [...secondsBuckets]]));
