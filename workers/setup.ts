import { setTimeout as sleep } from 'node:timers/promises';
import { Client, type Connection } from '@temporalio/client';
import { migrateLedger, readLedgerSchema } from '../activities/ledger/migrate-ledger.js';
import { asLedgerError, createLedgerPool } from '../activities/ledger/pg-ledger.js';
import { durationText } from '../domain/duration.js';
import { failures, isReleaseError } from '../domain/failure.js';
import { searchAttributeNames } from '../domain/search-attributes.js';
import type { SetupItem } from '../domain/setup.js';
import { reaperScheduleId } from '../domain/wire-names.js';
import { type WorkerConfig, readConfig } from './config.js';
import { ensureReaper, readReaper } from './reaper-schedule.js';
import { ensureSearchAttributes, readSearchAttributes } from './search-attributes.js';
import { type TemporalServer, connectTemporal, findTemporal } from './temporal-connection.js';

/** One thing that must be there. `look` answers with what is missing; nothing missing is all there. */
interface Part {
  readonly name: string;
  look(): Promise<{ readonly present: string; readonly missing: readonly string[] }>;
  make(): Promise<void>;
}

/**
 * Prepares what a worker with this environment needs outside of itself; with `check` it only looks. What is broken of
 * one part does not keep the others from being made.
 */
export async function setUp({ check }: { readonly check: boolean }): Promise<readonly SetupItem[]> {
  const config = readOrExplain();
  if ('state' in config) return [config];
  return [
    await withLedger(config, (part) => setUpPart(part, check)),
    ...(await withTemporal(config, (part) => setUpPart(part, check))),
  ];
}

function readOrExplain(): WorkerConfig | SetupItem {
  try {
    return readConfig(process.env);
  } catch (error) {
    const remedy =
      'Set what a worker needs (docs/reference/worker-environment.md). The stack of `sluice up` is set up already.';
    return { name: 'environment', state: 'broken', detail: (error as Error).message, remedy, misconfigured: true };
  }
}

async function setUpPart(part: Part, check: boolean): Promise<SetupItem> {
  const { name } = part;
  try {
    const before = await part.look();
    if (before.missing.length === 0) return { name, state: 'present', detail: before.present };
    if (check) return { name, state: 'missing', detail: before.missing.join(', ') };
    await part.make();
    await expectMade(part);
    return { name, state: 'made', detail: before.missing.join(', ') };
  } catch (error) {
    return broken(name, error);
  }
}

const settleMs = 30_000;

/** A cluster of several servers may show what was made only after some seconds. */
async function expectMade(part: Part): Promise<void> {
  const giveUpAt = Date.now() + settleMs;
  for (;;) {
    const { missing } = await part.look();
    if (missing.length === 0) return;
    if (Date.now() > giveUpAt) {
      throw new Error(`made, but ${missing.join(', ')} still does not show after ${settleMs / 1_000} s; look again`);
    }
    await sleep(500);
  }
}

async function withLedger(config: WorkerConfig, run: (part: Part) => Promise<SetupItem>): Promise<SetupItem> {
  const pool = createLedgerPool(config.ledgerUrl);
  try {
    return await run({
      name: 'ledger',
      async look() {
        const { applied, missing } = await readLedgerSchema(pool).catch((error: unknown) => {
          throw asLedgerError(error);
        });
        return { present: `its schema has ${applied.join(', ')}`, missing };
      },
      make: () => migrateLedger(pool),
    });
  } finally {
    await pool.end();
  }
}

async function withTemporal(config: WorkerConfig, run: (part: Part) => Promise<SetupItem>): Promise<SetupItem[]> {
  const server = findOrExplain();
  if ('state' in server) return [server];
  let connection: Connection | undefined;
  try {
    const { namespace } = server;
    const connected = await connectTemporal(server).catch((error: Error) => error);
    if (connected instanceof Error) return [notConnected(connected)];
    connection = connected;
    const client = new Client({ connection, namespace });
    const items = [];
    for (const part of [searchAttributes(connection, namespace), reaper(client, config)]) items.push(await run(part));
    return items;
  } catch (error) {
    return [broken('Temporal', error)];
  } finally {
    await connection?.close();
  }
}

function findOrExplain(): TemporalServer | SetupItem {
  try {
    return findTemporal(process.env);
  } catch (error) {
    return { name: 'Temporal', state: 'broken', detail: (error as Error).message, misconfigured: true };
  }
}

function searchAttributes(connection: Connection, namespace: string): Part {
  return {
    name: 'search attributes',
    async look() {
      const { missing, mistyped } = await readSearchAttributes(connection, namespace);
      if (mistyped.length > 0) {
        throw new Error(
          `expected keywords in the namespace ${namespace}, found ${mistyped.join(', ')} of another type; remove them and run this again`,
        );
      }
      return { present: `${searchAttributeNames.join(', ')} in the namespace ${namespace}`, missing };
    },
    make: () => ensureSearchAttributes(connection, namespace),
  };
}

function reaper(client: Client, { reaperIntervalMs: intervalMs, taskQueuePrefix }: WorkerConfig): Part {
  const wanted = `${reaperScheduleId(taskQueuePrefix)} every ${durationText(intervalMs)}`;
  return {
    name: 'reaper schedule',
    async look() {
      const found = await readReaper(client, taskQueuePrefix);
      const paused = found?.paused === true ? '; it is paused: nobody looks for lost releases' : '';
      const missing =
        found === undefined
          ? [wanted]
          : found.every === intervalMs
            ? []
            : [`${wanted} (found every ${durationText(found.every)})`];
      return { present: `${wanted}${paused}`, missing };
    },
    make: () => ensureReaper(client, { taskQueuePrefix, intervalMs }),
  };
}

function broken(name: string, error: unknown): SetupItem {
  const item = { name, state: 'broken', detail: textOf(error) } as const;
  if (isUnanswered(error)) return { ...item, unreachable: true, remedy: unreachableRemedy };
  return isReleaseError(error) ? { ...item, remedy: failures[error.code].remedy } : item;
}

/** Whatever keeps us out is a server that does not answer, but for one that says no. */
function notConnected({ message: detail, cause }: Error): SetupItem {
  const item = { name: 'Temporal', state: 'broken', detail } as const;
  return isRefusal(cause) ? item : { ...item, unreachable: true, remedy: unreachableRemedy };
}

function isRefusal(error: unknown): boolean {
  if (!(error instanceof Error)) return false;
  return (
    ('code' in error && (error.code === permissionDenied || error.code === unauthenticated)) || isRefusal(error.cause)
  );
}

const unreachableRemedy = 'See that its server runs and can be reached from here, then run `sluice setup` again.';

const deadlineExceeded = 4;
const permissionDenied = 7;
const unavailable = 14;
const unauthenticated = 16;

/** No answer came; a server that says no has been reached. */
function isUnanswered(error: unknown): boolean {
  if (!(error instanceof Error)) return false;
  // Postgres's own errors have a severity.
  if (isReleaseError(error)) {
    return error.code === 'ledger-unreachable' && !(error.cause instanceof Error && 'severity' in error.cause);
  }
  if ('code' in error && (error.code === unavailable || error.code === deadlineExceeded)) return true;
  return isUnanswered(error.cause);
}

/** The innermost message: gRPC's own stands around it and only says that a call failed. */
function textOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  return error.cause instanceof Error && !isReleaseError(error) ? textOf(error.cause) : error.message;
}
