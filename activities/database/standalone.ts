import type { SchemaState } from '../../domain/effect.js';
import { migrationPhases, operationFileStem } from '../../domain/migration.js';
import {
  type BaselineOrder,
  type ClosedRelation,
  type ContractEvidence,
  type FileStanding,
  handLane,
  type KeptData,
  type PurgeOrder,
  type ReopenOrder,
  type SchemaBaseline,
  type SchemaDiff,
  type SchemaHistory,
  type SchemaOrder,
  type SchemaOutcome,
  type SchemaRepairs,
  type SchemaRun,
  type SchemaStanding,
  type SchemaTuning,
} from '../../domain/schema-change.js';
import type { TuningOrder } from '../../domain/tuning.js';
import { baselineOperations, baselineSql } from './baseline.js';
import { begunAs } from './backfill.js';
import { findDone } from './backfill-cursor.js';
import { foretellClosing } from './closing/close-old.js';
import { describeClosing } from './closing/closings.js';
import { refuseClosed } from './closing/none-closed.js';
import { reopenAll } from './closing/reopen.js';
import { type Closed, readClosed } from './closing/closed.js';
import { oldFormOfScripts } from './closing/old-form.js';
import { type Connection, connect } from './connection.js';
import { expandsOver } from './contract-begun.js';
import { createEngineOfEach, holdsOperations } from './engine-of-each.js';
import { foretellUnseen } from './evidence/contract-evidence.js';
import { readEvents } from './events.js';
import { purge, readKept } from './keeping/purge.js';
import { findApplied, type FlywayHistory, readHistory, readHistoryRows, readSchemaName } from './flyway-history.js';
import { checkMigration } from './migration-check.js';
import { type MigrationScript, scriptsOf } from './migration-script.js';
import { isToExpand, readOperationStanding } from './operations/standing.js';
import { hasOwnTables } from './own-tables.js';
import { inPhaseSession, type PhaseOrder } from './phase-session.js';
import { readyMigration } from './ready-migration.js';
import { readRepairs, repair } from './repair.js';
import { judgeScripts } from './script-verdict.js';
import { readDiff } from './schema-diff.js';
import type { Migration, PhaseRun, SchemaEngine } from './schema-engine.js';
import { standingTuning } from './tunings.js';

/** Whose fence it is: a release has its lane's, and the lock on the database keeps the two apart. */
const lane = handLane;

/** The verbs of the schema engine as a person runs them: no release, no generation, nobody else's session is ended. */
export const standalone = {
  expand: (order: SchemaOrder, run: SchemaRun) =>
    changed(order, (engine, migration) => engine.expand(migration, alone(run))),

  async contract(order: SchemaOrder, run: SchemaRun): Promise<SchemaOutcome> {
    const outcome = await changed(order, (engine, migration) => engine.contract(migration, alone(run)));
    return { ...outcome, ...(await inReader(order, readStays)) };
  },

  async closeOld(order: SchemaOrder, run: SchemaRun): Promise<SchemaOutcome> {
    const softContract = await engineFor(order).closeOld(migrationOf(order), alone(run));
    return { files: softContract.closes, softContract };
  },

  /** All that one lane has closed; what another has is left. */
  reopenOld: ({ closedBy = lane, ...order }: ReopenOrder, run: SchemaRun): Promise<SchemaOutcome> =>
    inPhaseSession({ ...phaseOf({ ...order, files: [] }, run), phase: 'rollback' }, async (session) => {
      const { connection } = session;
      const reopened = await reopenAll(session, await readSchemaName(connection), closedBy);
      return { files: reopened.map(describeClosing), ...(await readStays(connection)) };
    }),

  /** Takes back every file of expand/ that is in effect and that no contract came after; of operations, every file that is not contracted. */
  async rollback(order: SchemaOrder, run: SchemaRun): Promise<SchemaOutcome> {
    const lost: string[] = [];
    const onProgress: SchemaRun['onProgress'] = (progress) => {
      if (progress.isNotice === true) lost.push(`${progress.file}: ${progress.detail}`);
      run.onProgress(progress);
    };
    const outcome = await changed(order, async (engine, migration) => {
      const stays = holdsOperations(order) ? await contractedOperations(order) : await expandedBefore(order);
      await engine.rollback(migration, stays, alone({ ...run, onProgress }));
    });
    return { ...outcome, ...(lost.length === 0 ? {} : { lost }), ...(await inReader(order, readStays)) };
  },

  async backfill(order: SchemaOrder, run: SchemaRun): Promise<SchemaOutcome> {
    let filled = { rows: 0, batches: 0 };
    const outcome = await changed(order, async (engine, migration) => {
      filled = await engine.backfill(migration, alone(run));
    });
    return { ...outcome, ...filled };
  },

  /** What of the backfills is not done, tuned; a running one follows. */
  async tune(order: SchemaOrder, said: TuningOrder): Promise<SchemaTuning> {
    return { files: await engineFor(order).tune(migrationOf(order), said, { generation: 1 }) };
  },

  async verify(order: SchemaOrder, run: SchemaRun): Promise<SchemaOutcome> {
    const unfilled = await engineFor(order).verify(migrationOf(order), run);
    const files = scriptsOf(order.files, 'backfill').map(({ script }) => script);
    return { files: [...files, ...(order.operations ?? []).map(({ name }) => name)], unfilled };
  },

  /** Who keeps contract from being safe, and what nobody could look at. */
  evidence: (order: SchemaOrder): Promise<ContractEvidence> => engineFor(order).contractEvidence(migrationOf(order)),

  standing: (order: SchemaOrder): Promise<SchemaStanding> =>
    inReader(order, (reader) =>
      holdsOperations(order) ? readOperationStanding(reader, migrationOf(order)) : readStanding(reader, order),
    ),

  /** What was changed by hand since sluice left it. */
  diff: (order: Pick<SchemaOrder, 'url'>): Promise<SchemaDiff> => inReader(order, readDiff),

  repairs: (order: SchemaOrder): Promise<SchemaRepairs> =>
    inReader(order, (reader) => readRepairs(reader, migrationOf(order))),

  /** Refused when it is not `shown` any more. */
  repair: (order: SchemaOrder, shown: SchemaRepairs, run: SchemaRun): Promise<void> =>
    inPhaseSession({ ...phaseOf(order, run), phase: 'repair' }, (session) => repair(session, shown)),

  baseline: (order: BaselineOrder, run: SchemaRun): Promise<SchemaBaseline> =>
    inPhaseSession({ ...phaseOf({ ...order, files: [] }, run), phase: 'baseline' }, (session) =>
      order.of === 'sql' ? baselineSql(session, order.version) : baselineOperations(session, order.version),
    ),

  history: (order: Pick<SchemaOrder, 'url'>): Promise<SchemaHistory> =>
    inReader(order, async (reader) => ({
      rows: await readHistoryRows(reader),
      events: await readEvents(reader),
      closed: (await readClosed(reader)).map(closedRelation),
      kept: await readKept(reader),
    })),

  purge: (order: PurgeOrder, run: SchemaRun): Promise<readonly KeptData[]> =>
    inPhaseSession({ ...phaseOf({ ...order, files: [] }, run), phase: 'purge' }, (session) =>
      purge(session, order.ids),
    ),
};

/** After what lets people in again: whom somebody else keeps out. */
async function readStays(reader: Connection): Promise<Pick<SchemaOutcome, 'stays'>> {
  const stays = (await readClosed(reader)).map(closedRelation);
  return stays.length === 0 ? {} : { stays };
}

function closedRelation(closed: Closed): ClosedRelation {
  const { schema, keptOut: keepsOut, lane: of, by, since } = closed;
  return { schema, what: describeClosing(closed), keepsOut, ...(of === undefined ? {} : { lane: of }), by, since };
}

function engineFor({ lockPatienceMs }: SchemaOrder): SchemaEngine {
  return createEngineOfEach({ lockPatienceMs });
}

function migrationOf({
  url,
  files,
  operations = [],
  lockTimeoutMs,
  effort = {},
  oldSessions,
  keepForMs,
}: SchemaOrder): Migration {
  const sessions = oldSessions === undefined ? {} : { sessions: { current: '', pattern: oldSessions } };
  const keep = keepForMs === undefined ? {} : { keepForMs };
  return { lane, url, files, operations, lockTimeoutMs, ...effort, ...sessions, ...keep };
}

function phaseOf(order: SchemaOrder, run: SchemaRun): Omit<PhaseOrder, 'phase'> {
  const { lockTimeoutMs, lockPatienceMs } = order;
  const migration = migrationOf(order);
  return { migration, run: alone(run), lockTimeoutMs, statementTimeoutMs: 60_000, lockPatienceMs, log: () => {} };
}

function alone({ signal, onProgress }: SchemaRun): PhaseRun {
  return { generation: 1, yields: true, signal, onProgress };
}

/** What differs in the history is what was done, however far it came in earlier runs. */
async function changed(
  order: SchemaOrder,
  act: (engine: SchemaEngine, migration: Migration) => Promise<unknown>,
): Promise<SchemaOutcome> {
  const applied = () =>
    inReader(order, async (reader) =>
      holdsOperations(order)
        ? appliedOperations(await readOperationStanding(reader, migrationOf(order)))
        : appliedAmong(order, await readHistory(reader)),
    );
  const before = await applied();
  await act(engineFor(order), migrationOf(order));
  const after = await applied();
  return {
    files: [
      ...before.filter((script) => !after.includes(script)).toReversed(),
      ...after.filter((script) => !before.includes(script)),
    ],
  };
}

async function contractedOperations(order: SchemaOrder): Promise<SchemaState> {
  const { files } = await standalone.standing(order);
  const contracted = files.filter(({ phase, state }) => phase === 'contract' && state === 'applied');
  return contracted.map(({ file }) => operationFileStem(file));
}

async function expandedBefore(order: SchemaOrder): Promise<SchemaState> {
  const history = await inReader(order, (reader) => readHistory(reader));
  return expandsOver(migrationOf(order), history);
}

/** Each file has all phases: what is done is named with the phase. */
function appliedOperations({ files }: SchemaStanding): readonly string[] {
  return files.filter(({ state }) => state === 'applied').map(({ file, phase }) => `${file} (${phase})`);
}

function appliedAmong(order: SchemaOrder, history: FlywayHistory): readonly string[] {
  return allScripts(order)
    .filter(({ version }) => findApplied(history, version) !== undefined)
    .map(({ script }) => script);
}

function allScripts({ files }: Pick<Migration, 'files'>): readonly MigrationScript[] {
  return migrationPhases.flatMap((phase) => scriptsOf(files, phase));
}

async function readStanding(reader: Connection, order: SchemaOrder): Promise<SchemaStanding> {
  const history = await readHistory(reader);
  const begun = await hasOwnTables(reader);
  const migration = migrationOf(order);
  const ready = await readyMigration(reader, migration);
  const files: FileStanding[] = [];
  const over = expandsOver(ready, history);
  for (const script of allScripts(ready)) {
    const id = { schema: history.schema, script: begunAs(script) };
    const cursor = begun ? await findDone(reader, id) : undefined;
    const applied = findApplied(history, script.version) !== undefined;
    const isOpen = script.phase === 'backfill' && !applied;
    const tuningId = { schema: history.schema, version: script.version };
    files.push({
      file: script.script,
      phase: script.phase,
      state: applied ? 'applied' : cursor === undefined ? 'pending' : 'begun',
      ...(cursor === undefined ? {} : { rows: cursor.rows }),
      ...(script.phase === 'expand' && over.includes(script.version) ? { isOver: true } : {}),
      ...(isOpen ? await standingTuning(reader, tuningId, migration) : {}),
    });
  }
  const refusals = await checkMigration(reader, migration, history);
  const rollback = await judgeScripts(ready, history);
  const { schema } = history;
  const isOver = files.every(({ phase, state }) => phase !== 'contract' || state === 'applied');
  const old = await oldFormOfScripts(ready, history);
  const softContract = isOver ? undefined : await foretellClosing(reader, { schema, lane, old });
  return {
    schema,
    files,
    refusals: [
      ...refusals.map(({ message }) => message),
      ...(await refuseClosed(reader, { schema, expands: files.some(isToExpand) })),
    ],
    ...(rollback === undefined ? {} : { rollback }),
    ...(softContract === undefined ? {} : { softContract }),
    ...(await foretellUnseen(reader, softContract)),
  };
}

async function inReader<T>({ url }: Pick<SchemaOrder, 'url'>, read: (reader: Connection) => Promise<T>): Promise<T> {
  const reader = await connect({
    url,
    applicationName: 'sluice/db',
    lockTimeoutMs: 1_000,
    statementTimeoutMs: 60_000,
  });
  try {
    return await read(reader);
  } finally {
    await reader.close();
  }
}
