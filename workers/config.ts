import { stampedBuildId } from './build-id.js';
import { workerEnvironment } from './environment.js';

export interface WorkerConfig {
  readonly ledgerUrl: string;
  readonly aws: { readonly region: string; readonly endpoint?: string };
  readonly taskQueuePrefix: string;
  readonly shutdownGraceMs: number;
  readonly reaperIntervalMs: number;
  readonly releaseSlots: number;
  readonly undoSlots: number;
  readonly metricsPort?: number;
  readonly healthPort?: number;
  readonly logLevel: 'debug' | 'info' | 'warn' | 'error';
  readonly buildId: string;
  readonly crashAt?: string;
}

/** Reads every setting; throws one error that lists all that is wrong. A variable that is empty is not set. */
export function readConfig(environment: NodeJS.ProcessEnv): WorkerConfig {
  const given = Object.fromEntries(Object.entries(environment).filter(([, value]) => value !== ''));
  const parsed = workerEnvironment.safeParse(given);
  if (!parsed.success) {
    const lines = parsed.error.issues.map(({ path, message, code }) => {
      const name = path.join('.');
      const missing = code === 'invalid_type' && given[name] === undefined;
      return `  ${name}: ${missing ? 'is not set' : message}`;
    });
    throw new Error(`the worker's environment has ${lines.length} problems:\n${lines.join('\n')}`);
  }
  const env = parsed.data;
  return {
    ledgerUrl: env.SLUICE_LEDGER_URL,
    aws: {
      region: env.AWS_REGION,
      ...(env.SLUICE_AWS_ENDPOINT === undefined ? {} : { endpoint: env.SLUICE_AWS_ENDPOINT }),
    },
    taskQueuePrefix: env.SLUICE_TASK_QUEUE_PREFIX,
    shutdownGraceMs: env.SLUICE_SHUTDOWN_GRACE,
    reaperIntervalMs: env.SLUICE_REAPER_INTERVAL,
    releaseSlots: env.SLUICE_RELEASE_SLOTS,
    undoSlots: env.SLUICE_UNDO_SLOTS,
    ...(env.SLUICE_METRICS_PORT === undefined ? {} : { metricsPort: env.SLUICE_METRICS_PORT }),
    ...(env.SLUICE_HEALTH_PORT === undefined ? {} : { healthPort: env.SLUICE_HEALTH_PORT }),
    logLevel: env.SLUICE_LOG_LEVEL,
    buildId: env.SLUICE_BUILD_ID ?? stampedBuildId(),
    ...(env.SLUICE_CRASH_AT === undefined ? {} : { crashAt: env.SLUICE_CRASH_AT }),
  };
}
