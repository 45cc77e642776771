import { ReleaseError } from '../../domain/failure.js';
import type { MigrationPhase } from '../../domain/migration.js';
import { defaultPacing, type Pacing } from './batch-size.js';
import type { Connection } from './connection.js';
import { readGeneration, takeStockOfContract } from './contract-begun.js';
import { operationsEvidence } from './evidence/contract-evidence.js';
import { closeOld, countClosed, withSoftContract } from './closing/close-old.js';
import { reopenAll } from './closing/reopen.js';
import { requireNoneClosed } from './closing/none-closed.js';
import { oldFormOfOperations } from './closing/old-form.js';
import { cannotKeep, readUnkeepable } from './keeping/drops.js';
import { createGrowth } from './evidence/growth.js';
import { readSchemaName } from './flyway-history.js';
import type { Refusal } from './migration-check.js';
import { contractMigration } from './operations/contract.js';
import { expandMigration, findEntry } from './operations/expand.js';
import { countUnfilledRows, fillRows } from './operations/fill-rows.js';
import { readHistory, readPlan, setState, tuningIdOf } from './operations/history.js';
import {
  hasContractBegun,
  isAt,
  isContracted,
  isExpanded,
  isFilled,
  type Known,
  readKnown,
} from './operations/known.js';
import { type OperationMigration, readOperationFiles } from './operations/operation-file.js';
import { refusalsOf } from './operations/operations-check.js';
import { rollBackMigration } from './operations/roll-back.js';
import { runSteps } from './operations/run-steps.js';
import { readOperationStanding } from './operations/standing.js';
import { createOldWrites, createOperationTables } from './own-tables.js';
import { inFencedTransaction, inPhaseSession, inReader, type PhaseOrder, type PhaseSession } from './phase-session.js';
import type { BackfillReport, Migration, PhaseRun, SchemaEngine, VerifyRun } from './schema-engine.js';
import { tuneBackfills } from './tunings.js';

export interface OperationsEngineOptions {
  /** What was done, and the time it took. */
  readonly log?: (line: string) => void;
  /** How long a phase tries for its locks before it gives up with `database-locked`. Default 60,000. */
  readonly lockPatienceMs?: number;
  /** What attempts at locks may hold others up for in any minute, all of them together. Default 10,000. */
  readonly stallPerMinuteMs?: number;
  /** Default: batches of 10 ms, and as much pause after each. */
  readonly pacing?: Partial<Pacing>;
}

/**
 * Runs files of operations: pgroll's, as they are. Where each stands it keeps in `sluice.schema_migration` in the target
 * database, with the plan it was begun with. The versions of `read` and `rollback` are the files' names.
 */
export function createOperationsEngine(options: OperationsEngineOptions = {}): SchemaEngine {
  const pacing = { ...defaultPacing, ...options.pacing };
  const growth = createGrowth();

  const inPhase = <T>(order: Order, work: (phase: Phase) => Promise<T>) =>
    inPhaseSession({ ...timeouts(order), ...settled(options), ...order }, async (session) => {
      const { connection, migration } = session;
      await createOperationTables(connection);
      await createOldWrites(connection);
      const schema = await readSchemaName(connection);
      const set = readOperationFiles(migration.operations ?? []);
      const history = await readHistory(connection, schema);
      // The way back must not depend on whether one would start today, but never touches what it cannot read.
      const refusals = await refusalsOf(connection, migration, { schema, set, history });
      requireNone(order.phase === 'rollback' ? refusals.filter(({ code }) => code === 'migration-changed') : refusals);
      return work({ session, schema, set, history });
    });

  return {
    plan: (migration) =>
      inReader(migration, 'plan', async (reader) => {
        const standing = await readOperationStanding(reader, migration);
        const { files, refusals, versions, rollback, softContract, unseen } = standing;
        const pending = (wanted: MigrationPhase) =>
          files.filter(({ phase, state }) => phase === wanted && state !== 'applied').map(({ file }) => file);
        return {
          pending: { expand: pending('expand'), backfill: pending('backfill'), contract: pending('contract') },
          versions,
          ...(rollback === undefined ? {} : { rollback }),
          ...withSoftContract(migration, { refusals, softContract }),
          ...(unseen === undefined ? {} : { unseen }),
        };
      }),

    read: (migration, phase) =>
      inReader(migration, 'read', async (reader) => {
        const { set, history } = await readKnown(reader, migration);
        const holds = { expand: isExpanded, backfill: isFilled, contract: hasContractBegun }[phase];
        return set.migrations.filter((each) => isAt(history, each, holds)).map(({ name }) => name);
      }),

    expand: (migration, run) =>
      inPhase({ phase: 'expand', migration, run }, async ({ session, schema, set }) => {
        const { connection } = session;
        const history = await readHistory(connection, schema);
        if (set.migrations.some((each) => !isAt(history, each, isExpanded)))
          await requireNoneClosed(connection, schema);
        for (const each of set.migrations) await expandMigration(session, schema, each);
      }),

    backfill: (migration, run) =>
      inPhase({ phase: 'backfill', migration, run }, async (phase) => {
        let report: BackfillReport = { rows: 0, batches: 0 };
        for (const each of phase.set.migrations) {
          const { rows, batches } = await backfillMigration(phase, each, pacing);
          report = { rows: report.rows + rows, batches: report.batches + batches };
        }
        return report;
      }),

    tune: (migration, order, run) =>
      tuneBackfills({ migration, order, run }, async (connection) => {
        const { schema, set, history } = await readKnown(connection, migration);
        const open = set.migrations.filter((each) => !isAt(history, each, isFilled));
        return open.map(({ name, file }) => ({ ...tuningIdOf(schema, name), file }));
      }),

    verify: (migration, run = {}) =>
      inReader(migration, 'verify', async (reader) => {
        const known = await readKnown(reader, migration);
        let unfilled = 0;
        for (const each of known.set.migrations) {
          for (const { count } of await countLeft(reader, known, each, run)) unfilled += count;
        }
        return unfilled;
      }),

    contractEvidence: (migration) =>
      inReader(migration, 'evidence', (reader) => operationsEvidence(reader, migration, growth)),

    closeOld: (migration, run) =>
      inPhase({ phase: 'contract', migration, run }, async (phase) => {
        const { session, schema, history } = phase;
        await requireProven(phase);
        const begun = history.find(({ state }) => state === 'contracting');
        if (begun !== undefined) throw contractHasBegun(begun.file);
        return closeOld(session, { schema, old: await oldFormOfOperations(session.connection, phase) });
      }),

    reopenOld: (migration, run) =>
      inPhase({ phase: 'rollback', migration, run }, async ({ session, schema }) => {
        await reopenAll(session, schema);
      }),

    readClosed: (migration) =>
      inReader(migration, 'read', async (reader) => {
        const known = await readKnown(reader, migration);
        const old = await oldFormOfOperations(reader, known);
        return countClosed(reader, { schema: known.schema, lane: migration.lane, old });
      }),

    contract: (migration, run) =>
      inPhase({ phase: 'contract', migration, run }, async (phase) => {
        const { session, schema, set } = phase;
        await requireProven(phase);
        await requireKeepable(phase);
        for (const each of set.migrations) {
          const history = await readHistory(session.connection, schema);
          const entry = findEntry(history, each);
          if (entry !== undefined && !isContracted(entry.state)) {
            await contractMigration(session, schema, { entry, history, keepForMs: migration.keepForMs });
          }
        }
        // Of what stays, and has only lost columns.
        await reopenAll(session, schema);
      }),

    contractBegun: (migration, run) =>
      takeStockOfContract(migration, run, async (connection) => {
        const { set, history } = await readKnown(connection, migration);
        return set.migrations.filter((each) => isAt(history, each, hasContractBegun)).map(({ name }) => name);
      }),
    readGeneration,

    rollback: (migration, to, run) =>
      inPhase({ phase: 'rollback', migration, run }, async ({ session, schema, set, history }) => {
        const goes = history.filter(
          ({ name }) => set.migrations.some((each) => each.name === name) && !to.includes(name),
        );
        const contracted = goes.find(({ state }) => hasContractBegun(state));
        if (contracted !== undefined) {
          throw contractHasBegun(contracted.file);
        }
        // Who is to work again must be let in before anything changes.
        await reopenAll(session, schema);
        for (const entry of goes.toReversed()) await rollBackMigration(session, schema, entry);
      }),
  };
}

function contractHasBegun(file: string): ReleaseError {
  return new ReleaseError(
    'migration-failed',
    `expected contract not to have begun, found it begun for ${file}: what it removed cannot be brought back. Release a version that goes forward`,
  );
}

interface Order {
  readonly phase: PhaseOrder['phase'];
  readonly migration: Migration;
  readonly run: PhaseRun;
}

interface Phase extends Known {
  readonly session: PhaseSession;
}

async function backfillMigration(
  { session, schema }: Phase,
  migration: OperationMigration,
  pacing: Pacing,
): Promise<BackfillReport> {
  const { connection } = session;
  const entry = findEntry(await readHistory(connection, schema), migration);
  if (entry === undefined || !isExpanded(entry.state)) {
    throw new ReleaseError(
      'migration-failed',
      `expected ${migration.file} to be expanded before backfill, found it is not`,
    );
  }
  const { name, file } = entry;
  const { fills, settle } = await readPlan(connection, schema, name);
  let report: BackfillReport = { rows: 0, batches: 0 };
  if (hasContractBegun(entry.state)) return report;
  for (const fill of fills) {
    const { rows, batches } = await fillRows({ session, schema, entry, fill, pacing });
    report = { rows: report.rows + rows, batches: report.batches + batches };
  }
  if (isFilled(entry.state)) return report;
  await runSteps({ session, schema, name, file, steps: settle, done: entry.steps });
  await inFencedTransaction(session, { script: file }, () => setState(connection, { schema, name, state: 'filled' }));
  return report;
}

/** What keeps contract from beginning. */
async function countLeft(
  reader: Connection,
  { schema, history }: Known,
  migration: OperationMigration,
  run: VerifyRun,
): Promise<readonly { readonly what: string; readonly count: number }[]> {
  const entry = findEntry(history, migration);
  if (entry === undefined || !isExpanded(entry.state) || hasContractBegun(entry.state)) return [];
  const { fills, counts } = await readPlan(reader, schema, entry.name);
  let unfilled = 0;
  for (const fill of fills) unfilled += await countUnfilledRows(reader, { schema, fill }, run);
  const left = [{ what: 'that are not', count: unfilled }];
  for (const { sql, what } of counts) {
    const { rows } = await reader.query<Record<string, unknown>>(sql, undefined, { script: entry.file, note: what });
    left.push({ what, count: Number(Object.values(rows[0] ?? {})[0] ?? 0) });
  }
  return left.filter(({ count }) => count > 0);
}

/** Contract relies on it that every row is filled: it asks itself, and begins nothing otherwise. */
async function requireProven(phase: Phase): Promise<void> {
  const { session, set, history } = phase;
  for (const each of set.migrations) {
    const entry = findEntry(history, each);
    if (entry === undefined || !isFilled(entry.state)) {
      throw new ReleaseError('migration-failed', `expected ${each.file} to be filled before contract, found it is not`);
    }
    const left = await countLeft(session.connection, phase, each, session.run);
    if (left.length > 0) {
      const found = left.map(({ what, count }) => `${count} ${what}`).join(', and ');
      throw new ReleaseError(
        'migration-failed',
        `${each.file}: expected every row to be filled before contract, found ${found}; correct what stands in them, or run the backfill again`,
      );
    }
  }
}

/** Before anything of it has begun. */
async function requireKeepable({ session, schema, set, history }: Phase): Promise<void> {
  if (session.migration.keepForMs === undefined) return;
  for (const each of set.migrations) {
    const entry = findEntry(history, each);
    if (entry === undefined || hasContractBegun(entry.state)) continue;
    const found = await readUnkeepable(session.connection, await readPlan(session.connection, schema, entry.name));
    if (found.length > 0) throw new ReleaseError('migration-failed', cannotKeep(found));
  }
}

function requireNone(refusals: readonly Refusal[]): void {
  const [first] = refusals;
  if (first !== undefined) throw new ReleaseError(first.code, refusals.map(({ message }) => message).join('\n'));
}

/** A batch must let go before the server looks for deadlocks; what proves a constraint reads the whole table. */
function timeouts({ phase, migration }: Order) {
  const lockTimeoutMs = phase === 'backfill' ? Math.min(200, migration.lockTimeoutMs) : migration.lockTimeoutMs;
  return { lockTimeoutMs, statementTimeoutMs: 600_000 };
}

function settled({ log = () => {}, lockPatienceMs = 60_000, stallPerMinuteMs }: OperationsEngineOptions) {
  return { log, lockPatienceMs, ...(stallPerMinuteMs === undefined ? {} : { stallPerMinuteMs }) };
}
