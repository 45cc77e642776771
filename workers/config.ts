import ms from 'ms';
import { z } from 'zod';

const duration = z.string().transform((text, context) => {
  const value = /^\d/.test(text) ? ms(text as ms.StringValue) : undefined;
  if (value !== undefined && Number.isFinite(value)) return value;
  context.addIssue({ code: 'custom', message: `expected a duration such as 30s, found ${text}` });
  return z.NEVER;
});

const port = z.coerce.number().int().min(0).max(65_535);

/** The worker's settings, all from the environment. The connection to Temporal is `@temporalio/envconfig`'s (TEMPORAL_…). */
const schema = z.object({
  /** Connection URL of the ledger's Postgres. */
  SLUICE_LEDGER_URL: z.string().min(1, 'expected the connection URL of the ledger'),
  AWS_REGION: z.string().min(1, 'expected the region of the services'),
  /** Another endpoint for all of AWS, for the simulator. */
  SLUICE_AWS_ENDPOINT: z.url().optional(),
  /** How long running activities may go on after SIGTERM. */
  SLUICE_SHUTDOWN_GRACE: duration.default(10_000),
  /** How often lost releases are looked for. */
  SLUICE_REAPER_INTERVAL: duration.default(60_000),
  SLUICE_RELEASE_SLOTS: z.coerce.number().int().min(1).default(40),
  SLUICE_UNDO_SLOTS: z.coerce.number().int().min(1).default(20),
  /** Prometheus port of the worker’s own metrics; none when absent. */
  SLUICE_METRICS_PORT: port.optional(),
  SLUICE_LOG_LEVEL: z.enum(['debug', 'info', 'warn', 'error']).default('info'),
  /** Names this build in Temporal; the git commit. */
  SLUICE_BUILD_ID: z.string().min(1).default('development'),
  /** `<effect>:<crash point>`: die there, for crash tests. */
  SLUICE_CRASH_AT: z.string().optional(),
});

export interface WorkerConfig {
  readonly ledgerUrl: string;
  readonly aws: { readonly region: string; readonly endpoint?: string };
  readonly shutdownGraceMs: number;
  readonly reaperIntervalMs: number;
  readonly releaseSlots: number;
  readonly undoSlots: number;
  readonly metricsPort?: number;
  readonly logLevel: 'debug' | 'info' | 'warn' | 'error';
  readonly buildId: string;
  readonly crashAt?: string;
}

/** Reads every setting; throws one error that lists all that is wrong. */
export function readConfig(environment: NodeJS.ProcessEnv): WorkerConfig {
  const parsed = schema.safeParse(environment);
  if (!parsed.success) {
    const lines = parsed.error.issues.map(({ path, message, code }) => {
      const name = path.join('.');
      const missing = code === 'invalid_type' && environment[name] === undefined;
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
    shutdownGraceMs: env.SLUICE_SHUTDOWN_GRACE,
    reaperIntervalMs: env.SLUICE_REAPER_INTERVAL,
    releaseSlots: env.SLUICE_RELEASE_SLOTS,
    undoSlots: env.SLUICE_UNDO_SLOTS,
    ...(env.SLUICE_METRICS_PORT === undefined ? {} : { metricsPort: env.SLUICE_METRICS_PORT }),
    logLevel: env.SLUICE_LOG_LEVEL,
    buildId: env.SLUICE_BUILD_ID,
    ...(env.SLUICE_CRASH_AT === undefined ? {} : { crashAt: env.SLUICE_CRASH_AT }),
  };
}
