import { ReleaseError } from '../../domain/failure.js';
import { type MigrationPhase, migrationPhases } from '../../domain/migration.js';
import { applyScript } from './apply-script.js';
import { runBackfill } from './backfill.js';
import { runAfterMigrate } from './callback.js';
import { defaultPacing, type Pacing } from './batch-size.js';
import { begunContracts, readGeneration, takeStockOfContract } from './contract-begun.js';
import { closeOld, countClosed, foretellClosing, withSoftContract } from './closing/close-old.js';
import { reopenAll } from './closing/reopen.js';
import { refuseClosed, requireNoneClosed } from './closing/none-closed.js';
import { oldFormOfScripts } from './closing/old-form.js';
import { foretellUnseen, sqlEvidence } from './evidence/contract-evidence.js';
import { createGrowth } from './evidence/growth.js';
import { createHistory, findApplied, type FlywayHistory, readHistory } from './flyway-history.js';
import { endPictures } from './kept-pictures.js';
import { readyMigration } from './ready-migration.js';
import { checkMigration, pictureOwners, requireRunnable } from './migration-check.js';
import { type MigrationScript, scriptsOf } from './migration-script.js';
import { inPhaseSession, inReader, type PhaseOrder, type PhaseSession } from './phase-session.js';
import { rollBack } from './rollback.js';
import { judgeScripts } from './script-verdict.js';
import type { BackfillReport, Migration, PhaseRun, SchemaEngine } from './schema-engine.js';
import { deleteTuning, tuneBackfills } from './tunings.js';
import { countUnfilled } from './verify.js';

export interface PhasedSqlEngineOptions {
  /** Files applied with the time they took, and what their `raise notice` says. */
  readonly log?: (line: string) => void;
  /** How long a phase tries for its locks before it gives up with `database-locked`. Default 60,000. */
  readonly lockPatienceMs?: number;
  /** What attempts at locks may hold others up for in any minute, all of them together. Default 10,000. */
  readonly stallPerMinuteMs?: number;
  /** Default: batches of 10 ms, and as much pause after each. */
  readonly pacing?: Partial<Pacing>;
}

/** Runs Flyway-style SQL files in phase folders. What it has done it keeps in `flyway_schema_history`. */
export function createPhasedSqlEngine(options: PhasedSqlEngineOptions = {}): SchemaEngine {
  const pacing = { ...defaultPacing, ...options.pacing };
  const growth = createGrowth();
  const inPhase = <T>(order: Order, work: (session: PhaseSession, history: FlywayHistory) => Promise<T>) =>
    inPhaseSession({ ...timeouts(order), ...settled(options), ...order }, async (session) => {
      await createHistory(session.connection);
      const history = await readHistory(session.connection);
      // The way back must not depend on whether one would start today.
      if (order.phase !== 'rollback') await requireRunnable(session.connection, session.migration, history);
      const ready = { ...session, migration: await readyMigration(session.connection, session.migration) };
      const result = await work(ready, history);
      await endWhenDone(ready);
      return result;
    });

  return {
    plan: (migration) =>
      inReader(migration, 'plan', async (reader) => {
        const history = await readHistory(reader);
        const refusals = await checkMigration(reader, migration, history);
        const ready = await readyMigration(reader, migration);
        const rollback = await judgeScripts(ready, history);
        const { schema } = history;
        const { lane } = migration;
        const old = await oldFormOfScripts(ready, history);
        const softContract = await foretellClosing(reader, { schema, lane, old });
        return {
          pending: pendingOf(migration, history),
          ...(rollback === undefined ? {} : { rollback }),
          ...withSoftContract(migration, {
            refusals: [
              ...refusals.map(({ message }) => message),
              ...refuseKeeping(migration),
              ...(await refuseClosed(reader, { schema, expands: pending(ready, history, 'expand').length > 0 })),
            ],
            softContract,
          }),
          ...(await foretellUnseen(reader, softContract)),
        };
      }),

    read: (migration, phase) =>
      inReader(migration, 'read', async (reader) => {
        const history = await readHistory(reader);
        const applied = scriptsOf(migration.files, phase).filter((script) => findApplied(history, script.version));
        return applied.map((script) => script.version);
      }),

    expand: (migration, run) =>
      inPhase({ phase: 'expand', migration, run }, async (session, history) => {
        if (pending(session.migration, history, 'expand').length > 0) {
          await requireNoneClosed(session.connection, history.schema);
        }
        await applyPending(session, history, 'expand');
      }),

    backfill: (migration, run) =>
      inPhase({ phase: 'backfill', migration, run }, async (session, history) => {
        requireApplied(session, history, ['expand']);
        let report: BackfillReport = { rows: 0, batches: 0 };
        for (const script of scriptsOf(session.migration.files, 'backfill')) {
          const { rows, batches } = await runBackfill({ session, history, script, pacing });
          report = { rows: report.rows + rows, batches: report.batches + batches };
        }
        return report;
      }),

    tune: (migration, order, run) =>
      tuneBackfills({ migration, order, run }, async (connection) => {
        const history = await readHistory(connection);
        const open = pending(migration, history, 'backfill');
        return open.map(({ script, version }) => ({ schema: history.schema, version, file: script }));
      }),

    verify: (migration, run = {}) =>
      inReader(migration, 'verify', async (reader) => {
        const history = await readHistory(reader);
        let unfilled = 0;
        const ready = await readyMigration(reader, migration);
        for (const script of openBackfills(ready, history)) unfilled += await countUnfilled(reader, script, run);
        return unfilled;
      }),

    contractEvidence: (migration) =>
      inReader(migration, 'evidence', async (reader) =>
        sqlEvidence(reader, await readyMigration(reader, migration), growth),
      ),

    closeOld: (migration, run) =>
      inPhase({ phase: 'contract', migration, run }, async (session, history) => {
        requireApplied(session, history, ['expand', 'backfill']);
        const old = await oldFormOfScripts(session.migration, history);
        return closeOld(session, { schema: history.schema, old });
      }),

    reopenOld: (migration, run) =>
      inPhase({ phase: 'rollback', migration, run }, async (session, { schema }) => {
        await reopenAll(session, schema);
      }),

    readClosed: (migration) =>
      inReader(migration, 'read', async (reader) => {
        const history = await readHistory(reader);
        const old = await oldFormOfScripts(await readyMigration(reader, migration), history);
        return countClosed(reader, { schema: history.schema, lane: migration.lane, old });
      }),

    contract: (migration, run) =>
      inPhase({ phase: 'contract', migration, run }, async (session, history) => {
        requireApplied(session, history, ['expand', 'backfill']);
        for (const refusal of refuseKeeping(migration)) throw new ReleaseError('migration-failed', refusal);
        await applyPending(session, history, 'contract');
        // Of what stays, and has only lost columns.
        await reopenAll(session, history.schema);
      }),

    contractBegun: (migration, run) =>
      takeStockOfContract(migration, run, async (connection) =>
        begunContracts(migration, await readHistory(connection)).map(({ version }) => version),
      ),

    readGeneration,

    rollback: (migration, to, run) =>
      inPhase({ phase: 'rollback', migration, run }, (session, history) => rollBack(session, history, to)),
  };
}

/** Once nothing is left to run the tables are everybody's again. */
async function endWhenDone({ connection, migration }: PhaseSession): Promise<void> {
  const history = await readHistory(connection);
  if (migrationPhases.some((phase) => pending(migration, history, phase).length > 0)) return;
  await endPictures(connection, pictureOwners(migration, history));
  for (const { version } of scriptsOf(migration.files, 'backfill')) {
    await deleteTuning(connection, { schema: history.schema, version });
  }
}

/** Their statements are their author's. */
function refuseKeeping({ keepForMs }: Migration): readonly string[] {
  if (keepForMs === undefined) return [];
  const found = 'found SQL files: what they drop is dropped';
  return [
    `expected files of operations where contract is to keep what it removes, ${found}; write contract/ so that it renames`,
  ];
}

interface Order {
  readonly phase: PhaseOrder['phase'];
  readonly migration: Migration;
  readonly run: PhaseRun;
}

/** A batch must let go before the server looks for deadlocks; DDL may have a table to look through. */
function timeouts({ phase, migration }: Order) {
  return phase === 'backfill'
    ? { lockTimeoutMs: Math.min(200, migration.lockTimeoutMs), statementTimeoutMs: 5_000 }
    : { lockTimeoutMs: migration.lockTimeoutMs, statementTimeoutMs: 600_000 };
}

function settled({ log = () => {}, lockPatienceMs = 60_000, stallPerMinuteMs }: PhasedSqlEngineOptions) {
  return { log, lockPatienceMs, ...(stallPerMinuteMs === undefined ? {} : { stallPerMinuteMs }) };
}

async function applyPending(session: PhaseSession, history: FlywayHistory, phase: MigrationPhase): Promise<void> {
  for (const [index, script] of pending(session.migration, history, phase).entries()) {
    await applyScript({ session, history, script, type: 'SQL', isFirst: index === 0 });
  }
  await runAfterMigrate(session, history, phase);
}

function pending({ files }: Migration, history: FlywayHistory, phase: MigrationPhase): readonly MigrationScript[] {
  return scriptsOf(files, phase).filter((script) => findApplied(history, script.version) === undefined);
}

/** Without those a contract came after: what they filled from is gone, and nothing can tell what is left. */
function openBackfills({ files }: Migration, history: FlywayHistory): readonly MigrationScript[] {
  const rank = (script: MigrationScript) => findApplied(history, script.version)?.rank;
  const contracts = scriptsOf(files, 'contract').map((script) => rank(script) ?? 0);
  return scriptsOf(files, 'backfill').filter((script) => (rank(script) ?? Infinity) > Math.max(0, ...contracts));
}

function pendingOf(migration: Migration, history: FlywayHistory): Record<MigrationPhase, readonly string[]> {
  const names = (phase: MigrationPhase) => pending(migration, history, phase).map((script) => script.script);
  const [expand, backfill, contract] = migrationPhases;
  return { expand: names(expand), backfill: names(backfill), contract: names(contract) };
}

function requireApplied(session: PhaseSession, history: FlywayHistory, phases: readonly MigrationPhase[]): void {
  const [missing] = phases.flatMap((phase) => pending(session.migration, history, phase));
  if (missing === undefined) return;
  throw new ReleaseError(
    'migration-failed',
    `expected ${missing.script} to be applied before ${session.phase}, found it is not`,
  );
}
