import { createHash } from 'node:crypto';
import type { Connection } from '../connection.js';
import { recordEvent } from '../events.js';
import { endPictures, forgetPictures } from '../kept-pictures.js';
import { hasOperationTables } from '../own-tables.js';
import { deleteTuning, type TuningId } from '../tunings.js';
import type { Catalogue } from './catalogue.js';
import type { MigrationPlan, PlannedStep } from './migration-plan.js';
import type { OperationMigration } from './operation-file.js';

/** How this engine keeps a plan; one that it does not know is another engine's. */
export const engineVersion = 2;

/**
 * `contracting` is written before contract's first statement: from there on the only way is forward.
 * `rolling-back` likewise before rollback's first.
 */
export type MigrationState = 'expanding' | 'expanded' | 'filled' | 'contracting' | 'contracted' | 'rolling-back';

/** A row of sluice.schema_migration. */
export interface HistoryEntry {
  readonly place: number;
  readonly name: string;
  readonly file: string;
  readonly hash: string;
  readonly chain: string;
  readonly engine: number;
  readonly versionSchema: string;
  readonly state: MigrationState;
  /** Of the list of the state: how many are done. */
  readonly steps: number;
}

/** Oldest first. */
export type OperationHistory = readonly HistoryEntry[];

export async function readHistory(connection: Connection, schema: string): Promise<OperationHistory> {
  if (!(await hasOperationTables(connection))) return [];
  const { rows } = await connection.query<HistoryEntry>(
    `select place, name, file, hash, chain, engine, version_schema as "versionSchema", state, steps
     from sluice.schema_migration where schema_name = $1 order by place`,
    [schema],
  );
  return rows;
}

export async function readPlan(connection: Connection, schema: string, name: string): Promise<MigrationPlan> {
  const { rows } = await connection.query<{ plan: MigrationPlan }>(
    'select plan from sluice.schema_migration where schema_name = $1 and name = $2',
    [schema, name],
  );
  const [row] = rows;
  if (row === undefined) throw new Error(`the plan of ${name} is not in sluice.schema_migration`);
  return row.plan;
}

export function isOpen({ state }: HistoryEntry): boolean {
  return state !== 'contracted';
}

/** What was there before the first file: none has made it. */
export function isBaseline({ name, file }: HistoryEntry): boolean {
  return name === file;
}

/** What each file's hash makes of the one before it: a history that was changed by hand shows. */
export function chainOf(previous: HistoryEntry | undefined, { name, hash }: Pick<OperationMigration, 'name' | 'hash'>) {
  return createHash('sha256')
    .update(`${previous?.chain ?? ''}\n${name}\n${hash}`)
    .digest('hex');
}

export interface NewEntry {
  readonly schema: string;
  readonly migration: Pick<OperationMigration, 'name' | 'file' | 'hash'>;
  readonly previous: HistoryEntry | undefined;
  readonly versionSchema: string;
  readonly plan: MigrationPlan;
  /** Of what was there before: `contracted`, with the event `baseline`. Default: `expanding`. */
  readonly isBaseline?: boolean;
}

export async function insertEntry(connection: Connection, entry: NewEntry): Promise<void> {
  const { schema, migration, previous, versionSchema, plan, isBaseline = false } = entry;
  await connection.query(
    `insert into sluice.schema_migration (schema_name, place, name, file, hash, chain, engine, version_schema, state, plan)
     values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)`,
    [
      schema,
      (previous?.place ?? 0) + 1,
      migration.name,
      migration.file,
      migration.hash,
      chainOf(previous, migration),
      engineVersion,
      versionSchema,
      isBaseline ? 'contracted' : 'expanding',
      JSON.stringify(plan),
    ],
  );
  await recordEvent(connection, schema, migration.name, isBaseline ? 'baseline' : 'expand begun');
}

/** The list of steps begins anew with each state. */
export async function setState(
  connection: Connection,
  { schema, name, state }: { readonly schema: string; readonly name: string; readonly state: MigrationState },
): Promise<void> {
  await connection.query(
    'update sluice.schema_migration set state = $3, steps = 0 where schema_name = $1 and name = $2',
    [schema, name, state],
  );
  if (state === 'contracted') {
    await endPictures(connection, [{ schema, version: name }]);
    await forgetOldWrites(connection, schema, name);
    await deleteTuning(connection, tuningIdOf(schema, name));
  }
  await recordEvent(connection, schema, name, events[state]);
}

/** A row that a writer has not committed yet stays: nobody waits for writers here. */
async function forgetOldWrites(connection: Connection, schema: string, name: string): Promise<void> {
  await connection.query(
    `delete from sluice.schema_old_write where ctid = any(array(select ctid from sluice.schema_old_write
       where schema_name = $1 and place = (select place from sluice.schema_migration where schema_name = $1 and name = $2)
       for update skip locked))`,
    [schema, name],
  );
}

const events: Readonly<Record<MigrationState, string>> = {
  expanding: 'expand begun',
  expanded: 'expanded',
  filled: 'filled',
  contracting: 'contract begun',
  contracted: 'contracted',
  'rolling-back': 'rollback begun',
};

export async function setSteps(connection: Connection, schema: string, name: string, steps: number): Promise<void> {
  await connection.query('update sluice.schema_migration set steps = $3 where schema_name = $1 and name = $2', [
    schema,
    name,
    steps,
  ]);
}

export async function setAfter(connection: Connection, schema: string, name: string, after: Catalogue): Promise<void> {
  await connection.query(
    `update sluice.schema_migration set plan = jsonb_set(plan, '{after}', $3) where schema_name = $1 and name = $2`,
    [schema, name, JSON.stringify(after)],
  );
}

/** As both versions see the schema by the names it has in the database now. */
export async function setSchemas(
  connection: Connection,
  {
    schema,
    name,
    before,
    after,
  }: Pick<MigrationPlan, 'before' | 'after'> & { readonly schema: string; readonly name: string },
): Promise<void> {
  await connection.query(`update sluice.schema_migration set plan = plan || $3 where schema_name = $1 and name = $2`, [
    schema,
    name,
    JSON.stringify({ before, after }),
  ]);
}

export async function setKeepFor(
  connection: Connection,
  { schema, name, forMs }: { readonly schema: string; readonly name: string; readonly forMs: number },
): Promise<void> {
  await connection.query(
    `update sluice.schema_migration set plan = jsonb_set(plan, '{keepForMs}', $3) where schema_name = $1 and name = $2`,
    [schema, name, JSON.stringify(forMs)],
  );
}

export async function setRollback(
  connection: Connection,
  { schema, name, steps }: { readonly schema: string; readonly name: string; readonly steps: readonly PlannedStep[] },
): Promise<void> {
  await connection.query(
    `update sluice.schema_migration set plan = jsonb_set(plan, '{rollback}', $3) where schema_name = $1 and name = $2`,
    [schema, name, JSON.stringify(steps)],
  );
}

export async function deleteEntry(connection: Connection, schema: string, name: string): Promise<void> {
  await forgetOldWrites(connection, schema, name);
  await connection.query('delete from sluice.schema_migration where schema_name = $1 and name = $2', [schema, name]);
  await connection.query(`delete from sluice.schema_backfill where schema_name = $1 and starts_with(version, $2)`, [
    schema,
    fillVersion(name, ''),
  ]);
  await deleteTuning(connection, tuningIdOf(schema, name));
  await forgetPictures(connection, { schema, version: name });
  await recordEvent(connection, schema, name, 'rolled back');
}

/** Of all tables that the file fills. */
export function tuningIdOf(schema: string, name: string): TuningId {
  return { schema, version: fillVersion(name, '') };
}

/** By this a fill's cursor is kept beside those of the files of backfill/, whose versions are numbers. */
export function fillVersion(name: string, table: string): string {
  return `${name}/${table}`;
}

export interface Rehash {
  readonly schema: string;
  readonly name: string;
  readonly hash: string;
  readonly chain: string;
}

/** Another content, or another place in the chain, for what was run already; a fill under way goes on with it. */
export async function setHash(connection: Connection, { schema, name, hash, chain }: Rehash): Promise<void> {
  await connection.query(
    'update sluice.schema_migration set hash = $3, chain = $4 where schema_name = $1 and name = $2',
    [schema, name, hash, chain],
  );
  await connection.query(
    'update sluice.schema_backfill set checksum = $3 where schema_name = $1 and starts_with(version, $2)',
    [schema, fillVersion(name, ''), fillChecksum(hash)],
  );
}

/** A cursor's checksum is a number of four bytes. */
export function fillChecksum(hash: string): number {
  return Number.parseInt(hash.slice(0, 8), 16) | 0;
}
