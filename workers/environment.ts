import ms from 'ms';
import { z } from 'zod';
import { defaultTaskQueuePrefix, taskQueuePrefixPattern } from '../domain/wire-names.js';

const duration = z.string().transform((text, context) => {
  const value = /^\d/.test(text) ? ms(text as ms.StringValue) : undefined;
  if (value !== undefined && Number.isFinite(value)) return value;
  context.addIssue({ code: 'custom', message: `expected a duration such as 30s, found ${text}` });
  return z.NEVER;
});

function schemeOf(text: string): string | undefined {
  return URL.canParse(text) ? new URL(text).protocol : undefined;
}

const port = z.coerce.number().int().min(0).max(65_535);
const slots = z.coerce.number().int().min(1);

/** The worker's settings, all from the environment; what is described here is docs/reference/worker-environment.md. */
export const workerEnvironment = z.object({
  SLUICE_LEDGER_URL: z
    .string()
    .superRefine((text, context) => {
      const found = schemeOf(text);
      if (found === 'postgres:' || found === 'postgresql:') return;
      // Never the text itself: it may hold a password.
      const message = `expected a URL such as postgres://user@host:5432/sluice, found ${found === undefined ? 'no URL' : `one that begins with ${found}`}`;
      context.addIssue({ code: 'custom', message });
    })
    .describe('connection URL of the ledger’s Postgres; the worker makes and migrates the schema `sluice` in it'),
  AWS_REGION: z
    .string()
    .min(1, 'expected the region of the services')
    .describe('region of every lane whose manifest names none'),
  SLUICE_TASK_QUEUE_PREFIX: z
    .string()
    .regex(taskQueuePrefixPattern, 'expected 1 to 64 of A-Z a-z 0-9 . _ -')
    .prefault(defaultTaskQueuePrefix)
    .describe('the task queues are `<prefix>-release` and `<prefix>-undo`; the command line reads the same variable'),
  SLUICE_RELEASE_SLOTS: slots.prefault(40).describe('activities of releases this process runs at once'),
  SLUICE_UNDO_SLOTS: slots
    .prefault(20)
    .describe('activities of ways back it runs at once, with connections of their own'),
  SLUICE_SHUTDOWN_GRACE: duration
    .prefault('10s')
    .describe(
      'how long running activities may go on after SIGTERM; the process is gone 5 s after that at the latest, so give the orchestrator more',
    ),
  SLUICE_REAPER_INTERVAL: duration.prefault('1m').describe('how often lost releases are looked for'),
  SLUICE_METRICS_PORT: port.optional().describe('port of `/metrics` for Prometheus; none when not set'),
  SLUICE_HEALTH_PORT: port.optional().describe('port of `/live` and `/ready`; none when not set'),
  SLUICE_LOG_LEVEL: z
    .enum(['debug', 'info', 'warn', 'error'])
    .prefault('info')
    .describe('debug, info, warn or error; JSON lines on stderr'),
  SLUICE_BUILD_ID: z
    .string()
    .min(1)
    .optional()
    .describe('names this build in logs, metrics and Temporal; the git commit it was built from when not set'),
  SLUICE_AWS_ENDPOINT: z.url().optional().describe('another endpoint for all of AWS, for the simulator'),
  SLUICE_CRASH_AT: z.string().optional().describe('`<effect>:<crash point>`: die there; for crash tests'),
});
