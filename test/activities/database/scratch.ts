import pg from 'pg';
import { onTestFinished } from 'vitest';
import type { Migration, PhaseProgress, PhaseRun } from '../../../activities/database/schema-engine.js';
import { type MigrationFile, type MigrationPhase, migrationPhases } from '../../../domain/migration.js';
import { dropDatabase, freshDatabase } from '../../support/postgres.js';

/** Sessions in a database that end with the test. */
export interface Scratch {
  readonly url: string;
  /** Runs SQL in a session of its own. */
  sql<Row extends pg.QueryResultRow>(text: string, values?: unknown[]): Promise<Row[]>;
  /** The one value the query gives. */
  value<T>(text: string, values?: unknown[]): Promise<T>;
  connect(applicationName?: string): Promise<pg.Client>;
}

export async function scratchDatabase(): Promise<Scratch> {
  const url = await freshDatabase('schema');
  // Hundreds of them, each of hundreds of files: gone at once they cost the disk nothing.
  onTestFinished(() => dropDatabase(url));
  return scratchAt(url);
}

/** In a database that is there already. */
export async function scratchAt(url: string): Promise<Scratch> {
  const connect = async (applicationName = 'test') => {
    const client = new pg.Client({ connectionString: url, application_name: applicationName });
    client.on('error', () => {});
    await client.connect();
    onTestFinished(() => client.end().catch(() => {}));
    return client;
  };
  const own = await connect('scratch');
  const sql = async <Row extends pg.QueryResultRow>(text: string, values?: unknown[]) =>
    (await own.query<Row>(text, values)).rows;
  const value = async <T>(text: string, values?: unknown[]) => {
    const [row] = await sql<Record<string, T>>(text, values);
    return Object.values(row ?? {})[0] as T;
  };
  return { url, connect, sql, value };
}

/** `files({ 'expand/V1__a.sql': 'create …' })` */
export function files(scripts: Readonly<Record<string, string>>): readonly MigrationFile[] {
  return Object.entries(scripts).map(([path, sql]) => {
    const [folder = '', name = ''] = path.split('/');
    const phase = migrationPhases.find((known): known is MigrationPhase => known === folder);
    if (phase === undefined) throw new Error(`no phase folder: ${path}`);
    return { phase, name, sql };
  });
}

export function migration(
  { url }: Pick<Scratch, 'url'>,
  scripts: Readonly<Record<string, string>>,
  changes: Partial<Migration> = {},
): Migration {
  return {
    lane: 'test/shop',
    url,
    files: files(scripts),
    lockTimeoutMs: 200,
    sessions: { current: 'shop-2', pattern: 'shop-%' },
    ...changes,
  };
}

export function phaseRun(changes: Partial<PhaseRun> = {}): PhaseRun {
  return { generation: 1, signal: new AbortController().signal, onProgress: () => {}, ...changes };
}

/** A run that remembers its progress and can be waited for: `until(progress => …)`. */
export function watchedRun(changes: Partial<PhaseRun> = {}) {
  const seen: PhaseProgress[] = [];
  const waiting: (() => void)[] = [];
  const run = phaseRun({
    ...changes,
    onProgress: (progress) => {
      seen.push(progress);
      for (const check of [...waiting]) check();
    },
  });
  const until = (holds: (progress: PhaseProgress) => boolean) =>
    new Promise<PhaseProgress>((resolve) => {
      const check = () => {
        const found = seen.find(holds);
        if (found) resolve(found);
      };
      waiting.push(check);
      check();
    });
  return { run, seen, until };
}

/** Two columns from one, as the shop has them. */
export const names = {
  'expand/V2.1__names.sql': 'alter table customers add column first_name text, add column last_name text;',
  'expand/U2.1__names.sql': 'alter table customers drop column if exists first_name, drop column if exists last_name;',
  'backfill/V2.2__names.sql': `-- sluice: table=customers key=id batch=100
update customers
set first_name = split_part(full_name, ' ', 1), last_name = split_part(full_name, ' ', 2)
where id > :after and id <= :upto and first_name is null;`,
  'contract/V2.3__full_name.sql': 'alter table customers drop column full_name;',
};

export async function createCustomers({ sql }: Scratch, rows: number): Promise<void> {
  await sql(`create table customers (id bigint generated always as identity primary key, full_name text not null);
    insert into customers (full_name) select 'Ann Lee' || n from generate_series(1, ${rows}) n`);
}

/** Adds one to every row: what is done twice, or not at all, shows. */
export const counting = {
  'backfill/V1__count.sql': `-- sluice: table=counted key=id batch=100
-- sluice: verify=select count(*) from counted where n <> 1
update counted set n = n + 1 where id > :after and id <= :upto`,
};

export async function createCounted({ sql }: Scratch, rows: number): Promise<void> {
  await sql(`create table counted (id bigint primary key, n integer not null default 0, note text);
    insert into counted (id) select n * 7 from generate_series(1, ${rows}) n`);
}
