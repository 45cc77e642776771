import { ReleaseError } from '../../../domain/failure.js';
import type { Connection } from '../connection.js';
import { keepChanged, keepNamed } from '../kept-pictures.js';
import { withLockRetry } from '../lock-retry.js';
import { inFencedTransaction, type PhaseSession } from '../phase-session.js';
import { type Catalogue, isRenamed } from './catalogue.js';
import {
  type HistoryEntry,
  insertEntry,
  isOpen,
  type OperationHistory,
  readHistory,
  readPlan,
  setAfter,
  setState,
} from './history.js';
import { type MigrationPlan, type PlannedStep, planMigration } from './migration-plan.js';
import { qualified } from './names.js';
import type { OperationMigration } from './operation-file.js';
import { refuse, refuseTables, runTrials } from './operations-check.js';
import type { Refusal } from '../migration-check.js';
import { readCatalogue } from './read-catalogue.js';
import { rollBackMigration } from './roll-back.js';
import { runSteps } from './run-steps.js';
import { refuseVersionSchema, versionSchemaName } from './version-schema.js';
import { createVersionViews } from './version-views.js';

/** A plan with every reason against it; without a plan when there is one, or when it must wait for the one before. */
export interface CheckedPlan {
  readonly refusals: readonly Refusal[];
  readonly plan?: MigrationPlan;
  /** What the next one would meet, where that can be told. */
  readonly after?: Catalogue | 'read-again';
}

/** Against the schema as the last open migration leaves it, or as it is. */
export async function planNext(
  connection: Connection,
  { schema, migration, history, base }: PlanNext,
): Promise<CheckedPlan> {
  const { rows } = await connection.query<{ major: number }>(
    `select current_setting('server_version_num')::int / 10000 as major`,
  );
  const serverMajor = rows[0]?.major ?? 0;
  const order = (history.at(-1)?.place ?? 0) + 1;
  const { problems, trials, plan } = planMigration({ migration, catalogue: base, serverMajor, order });
  if (plan === undefined) return { refusals: [...problems.map(refuse), ...(await runTrials(connection, trials))] };
  const tooEarly = [...refuseMoved(plan, base, migration), ...refuseUnseen(plan, base, migration)];
  if (tooEarly.length > 0) return { refusals: tooEarly };
  const refusals = [
    ...(await runTrials(connection, trials)),
    ...(await refuseTables(connection, plan, serverMajor)),
    ...(await refuseTakenSchema(connection, versionSchemaName(schema, migration.version), migration)),
  ];
  return { refusals, after: plan.after, ...(refusals.length === 0 ? { plan } : {}) };
}

export interface PlanNext {
  readonly schema: string;
  readonly migration: OperationMigration;
  readonly history: OperationHistory;
  readonly base: Catalogue;
}

/** What an earlier migration renames at contract, a later one's plan would not find any more by the name it has now. */
function refuseMoved(plan: MigrationPlan, base: Catalogue, { file }: OperationMigration): readonly Refusal[] {
  const touched = tablesOf(plan, base.schema);
  return base.tables
    .filter(isRenamed)
    .filter(({ physical }) => touched.includes(qualified(base.schema, physical)))
    .map(({ name }) =>
      refuse(
        `${file}: expected to find ${name} as it will stay, found that a file before it still renames something of it; contract that one first, or put both into one file`,
      ),
    );
}

/** Behind SQL the schema is read from the database, which still has all that an open file's version does not show. */
function refuseUnseen(plan: MigrationPlan, base: Catalogue, { file }: OperationMigration): readonly Refusal[] {
  if (plan.after !== 'read-again') return [];
  const changed = base.tables.filter(
    (table) =>
      isRenamed(table) || table.hidden.length > 0 || table.columns.some(({ inViewOnly }) => inViewOnly === true),
  );
  const names = [...changed.map(({ name }) => name), ...base.hidden];
  if (names.length === 0) return [];
  return [
    refuse(
      `${file}: expected SQL to find ${names.join(', ')} as it will stay, found that a file before it changes that at its contract; contract that one first, or give the SQL a name that comes before it`,
    ),
  ];
}

function tablesOf({ expand, settle, contract }: MigrationPlan, schema: string): readonly string[] {
  const tables = new Set([...expand, ...settle, ...contract].flatMap((step) => tableOf(step) ?? []));
  return [...tables].map((table) => qualified(schema, table));
}

function tableOf(step: PlannedStep): string | undefined {
  switch (step.do) {
    case 'cut':
    case 'alone':
      return step.table;
    case 'build-index':
      return step.index.table.name;
    case 'detach-partition':
      return step.parent.name;
    case 'drop-index':
      return undefined;
  }
}

async function refuseTakenSchema(
  connection: Connection,
  name: string,
  { file }: OperationMigration,
): Promise<readonly Refusal[]> {
  const reason = await refuseVersionSchema(connection, name);
  return reason === undefined ? [] : [refuse(`${file}: ${reason} (version_schema of the file)`)];
}

/** The schema the next migration meets. */
export async function readBase(
  connection: Connection,
  schema: string,
  history: OperationHistory,
): Promise<Catalogue | 'read-again'> {
  const open = history.findLast(isOpen);
  if (open === undefined) return readCatalogue(connection, schema);
  return (await readPlan(connection, schema, open.name)).after;
}

/** Begins the migration, or goes on with it. What fails for the author's or the data's sake is taken back. */
export async function expandMigration(
  session: PhaseSession,
  schema: string,
  migration: OperationMigration,
): Promise<void> {
  const { connection } = session;
  let entry = findEntry(await readHistory(connection, schema), migration);
  if (entry?.state === 'rolling-back') {
    await rollBackMigration(session, schema, entry);
    entry = undefined;
  }
  entry ??= await begin(session, schema, migration);
  if (entry.state !== 'expanding') return;
  try {
    await runExpand(session, schema, entry);
  } catch (error) {
    if (error instanceof ReleaseError && error.code === 'migration-failed' && !session.run.signal.aborted) {
      // How far it came stands in the history, not in what was read before.
      const left = findEntry(await readHistory(connection, schema), migration);
      if (left !== undefined) await rollBackMigration(session, schema, left);
    }
    throw error;
  }
}

async function begin(session: PhaseSession, schema: string, migration: OperationMigration): Promise<HistoryEntry> {
  const { connection } = session;
  const history = await readHistory(connection, schema);
  const base = await readBase(connection, schema, history);
  if (base === 'read-again') throw new Error('the migration before this one is expanded, and its schema was not read');
  const { refusals, plan } = await planNext(connection, { schema, migration, history, base });
  if (plan === undefined) {
    throw new ReleaseError(refusals[0]?.code ?? 'migration-failed', refusals.map(({ message }) => message).join('\n'));
  }
  const versionSchema = versionSchemaName(schema, migration.version);
  const previous = history.at(-1);
  await inFencedTransaction(session, { script: migration.file }, async () => {
    await insertEntry(connection, { schema, migration, previous, versionSchema, plan });
    // As the plan takes them to be, from here on.
    await keepNamed(connection, { schema, version: migration.name }, tablesOf(plan, schema));
  });
  const entry = findEntry(await readHistory(connection, schema), migration);
  if (entry === undefined) throw new Error(`${migration.name} was written into the history and is not there`);
  return entry;
}

async function runExpand(session: PhaseSession, schema: string, entry: HistoryEntry): Promise<void> {
  const { connection, log } = session;
  const { name, file, versionSchema } = entry;
  const start = performance.now();
  const plan = await readPlan(connection, schema, name);
  await runSteps({ session, schema, name, file, steps: plan.expand, done: entry.steps });
  await withLockRetry(session, file, () =>
    inFencedTransaction(session, { script: file }, async () => {
      const after = plan.after === 'read-again' ? await readCatalogue(connection, schema) : plan.after;
      if (plan.after === 'read-again') await setAfter(connection, schema, name, after);
      await createVersionViews(connection, versionSchema, after);
      await keepChanged(connection, { schema, version: name });
      await setState(connection, { schema, name, state: 'expanded' });
    }),
  );
  log(`${file}: expanded in ${(performance.now() - start).toFixed(1)} ms`);
}

export function findEntry(history: OperationHistory, { name }: Pick<OperationMigration, 'name'>) {
  return history.find((entry) => entry.name === name);
}
