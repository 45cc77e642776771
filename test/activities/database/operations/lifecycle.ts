import type pg from 'pg';
import { expect, inject } from 'vitest';
import { createOperationsEngine } from '../../../../activities/database/operations-engine.js';
import type { Migration } from '../../../../activities/database/schema-engine.js';
import { standalone } from '../../../../activities/database/standalone.js';
import { newestPostgres } from '../../../../embedded/postgres-version.js';
import { migration, phaseRun, type Scratch, scratchDatabase, watchedRun } from '../scratch.js';

/** One change of a schema, and what must hold of it. The rest is the same for all, and cannot be forgotten. */
export interface LifecycleCase {
  readonly name: string;
  /** Makes the tables of the old version, and puts rows into them. */
  readonly before: string;
  /** The content of the file. */
  readonly operations: readonly unknown[];
  /** Where `before` makes its tables. Default: public. */
  readonly schema?: string;
  /** The n-th write of a client, from 1. */
  readonly oldWrites?: (n: number) => string;
  readonly newWrites?: (n: number) => string;
  /** Counts rows whose old and new form say different things, as soon as all are filled. */
  readonly disagree?: string;
  readonly afterExpand?: (seen: Seen) => Promise<void>;
  /** After expand, writes of both, and rollback. */
  readonly afterRollback?: (seen: Seen) => Promise<void>;
  readonly afterBackfill?: (seen: Seen) => Promise<void>;
  readonly afterContract?: (seen: Seen) => Promise<void>;
}

/** The database through the eyes of both versions. */
export interface Seen {
  readonly old: Client;
  readonly new: Client;
}

export interface Client {
  rows(sql: string): Promise<unknown[]>;
  /** The one value the query gives. */
  value(sql: string): Promise<unknown>;
  /** The SQLSTATE a statement fails with; `undefined` when it does not. */
  state(sql: string): Promise<string | undefined>;
}

const file = '02_change.yaml';
const writes = 12;

const engine = createOperationsEngine({ pacing: { pauseRatio: 0, targetMs: 1 } });

/**
 * expand, rollback, expand, backfill interrupted and resumed, verify, contract, and in a second database the branch that
 * goes back after both versions have written. Clients of both write while each phase runs, a fixed number of times.
 */
export async function liveThrough(lifecycle: LifecycleCase): Promise<void> {
  await goForward(lifecycle);
  await goBack(lifecycle);
}

async function goForward(lifecycle: LifecycleCase): Promise<void> {
  const world = await begin(lifecycle);
  const { shop, seen, shape, write } = world;

  await engine.expand(shop, phaseRun());
  await lifecycle.afterExpand?.(seen);
  await write(['old', 'new']);
  await Promise.all([engine.rollback(shop, [], phaseRun()), write(['old'])]);
  expect(await world.readShape()).toEqual(shape);
  await lifecycle.afterRollback?.(seen);

  await Promise.all([engine.expand(shop, phaseRun()), write(['old'])]);
  await Promise.all([interruptBackfill(shop), write(['old', 'new'])]);
  await Promise.all([engine.backfill(shop, phaseRun()), write(['old', 'new'])]);
  expect(await engine.verify(shop)).toBe(0);
  await lifecycle.afterBackfill?.(seen);
  await write(['old', 'new']);
  await world.expectAgreement();

  expect(await engine.read(shop, 'expand')).toEqual(['02_change']);
  await Promise.all([contractEitherWay(shop), write(['new'])]);
  await engine.contract(shop, phaseRun());
  await lifecycle.afterContract?.(seen);
  await write(['new']);
  expect(await world.leftOvers()).toEqual([]);
  await expect(engine.rollback(shop, [], phaseRun())).rejects.toMatchObject({ code: 'migration-failed' });
}

/** On older servers what goes is kept first, and purged then: that must come to the same. */
async function contractEitherWay(shop: Migration): Promise<void> {
  const kept = { ...shop, keepForMs: 3_600_000 };
  const keeps = inject('postgres') < newestPostgres && (await engine.plan(kept)).refusals.length === 0;
  await engine.contract(keeps ? kept : shop, phaseRun());
  if (!keeps) return;
  const { kept: found } = await standalone.history(shop);
  const order = { url: shop.url, ids: found.map(({ id }) => id), lockTimeoutMs: 200, lockPatienceMs: 60_000 };
  await standalone.purge(order, { signal: new AbortController().signal, onProgress: () => {} });
}

async function goBack(lifecycle: LifecycleCase): Promise<void> {
  const { shop, seen, shape, write, expectAgreement, readShape, leftOvers } = await begin(lifecycle);
  await engine.expand(shop, phaseRun());
  await write(['old', 'new']);
  await engine.backfill(shop, phaseRun());
  await write(['old', 'new']);
  await expectAgreement();
  const { run, seen: told } = watchedRun();
  await engine.rollback(shop, [], run);
  // Whatever is lost, it can be counted.
  expect(told.filter(({ detail }) => detail.includes('not counted'))).toEqual([]);
  await engine.rollback(shop, [], phaseRun());
  await lifecycle.afterRollback?.(seen);
  await write(['old']);
  expect(await readShape()).toEqual(shape);
  expect(await leftOvers()).toEqual([]);
}

/** Stops after the first batch, if there is more than one. */
async function interruptBackfill(shop: Migration): Promise<void> {
  const stop = new AbortController();
  const { run, until } = watchedRun({ signal: stop.signal });
  const backfill = engine.backfill(shop, run).catch((error: unknown) => {
    if (!stop.signal.aborted) throw error;
  });
  await Promise.race([until(({ rows }) => rows !== undefined).then(() => stop.abort()), backfill]);
  await backfill;
}

async function begin(lifecycle: LifecycleCase) {
  const { schema = 'public' } = lifecycle;
  const database = await scratchDatabase();
  if (schema !== 'public') await database.sql(`create schema ${quote(schema)}`);
  const url = new URL(database.url);
  url.searchParams.set('options', `-c search_path=${quote(schema).replaceAll(/[ \\]/g, '\\$&')}`);
  await database.sql(`set search_path to ${quote(schema)}, public; ${lifecycle.before}`);
  const operations = [{ name: file, text: JSON.stringify({ operations: lifecycle.operations }) }];
  const shop = migration({ url: url.href }, {}, { operations });

  const sessions = { old: await database.connect('old'), new: await database.connect('new') };
  await sessions.old.query(`set search_path to ${quote(schema)}`);
  await sessions.new.query(`set search_path to ${quote(`${schema}_02_change`)}, ${quote(schema)}`);
  let written = 0;
  const write = async (sides: readonly ('old' | 'new')[]) => {
    for (let n = 0; n < writes; n++) {
      written += 1;
      for (const side of sides) {
        const text = (side === 'old' ? lifecycle.oldWrites : lifecycle.newWrites)?.(written);
        if (text !== undefined) await sessions[side].query(text);
      }
    }
  };
  return {
    shop,
    seen: { old: clientOf(sessions.old), new: clientOf(sessions.new) },
    shape: await readShape(database, schema),
    readShape: () => readShape(database, schema),
    leftOvers: () => readLeftOvers(database),
    write,
    expectAgreement: async () => {
      if (lifecycle.disagree === undefined) return;
      expect(await database.value(`select (${lifecycle.disagree})::int`)).toBe(0);
    },
  };
}

function clientOf(session: pg.Client): Client {
  const rows = async (sql: string) => (await session.query<Record<string, unknown>>(sql)).rows;
  return {
    rows,
    value: async (sql) => Object.values((await rows(sql))[0] as Record<string, unknown>)[0],
    state: (sql) =>
      session.query(sql).then(
        () => undefined,
        (error: pg.DatabaseError) => error.code,
      ),
  };
}

/** Everything a schema consists of that an operation could leave changed. */
async function readShape({ sql }: Scratch, schema: string): Promise<unknown[]> {
  return sql(
    `select 'column' as what, table_name as of, column_name as name, concat_ws(' ', data_type, udt_name,
       character_maximum_length, is_nullable, column_default, is_identity) as is
     from information_schema.columns where table_schema = $1
     union all
     select 'comment', relname, attname, col_description(pg_class.oid, attnum) from pg_class
     join pg_attribute on attrelid = pg_class.oid where relnamespace = $2::regnamespace and attnum > 0 and not attisdropped and relkind = 'r'
     union all
     select 'constraint', conrelid::regclass::text, conname, pg_get_constraintdef(oid) || convalidated
     from pg_constraint where connamespace = $2::regnamespace
     union all
     select 'index', tablename, indexname, indexdef from pg_indexes where schemaname = $1
     union all
     select 'trigger', tgrelid::regclass::text, tgname, pg_get_triggerdef(oid) from pg_trigger where not tgisinternal
     union all
     select 'function', '', proname, prosrc from pg_proc where pronamespace = $2::regnamespace
     union all
     select 'type', '', typname, array(select enumlabel from pg_enum where enumtypid = pg_type.oid order by 1)::text
     from pg_type where typnamespace = $2::regnamespace and typtype = 'e'
     union all
     select 'identity', relname, '', relreplident::text from pg_class where relnamespace = $2::regnamespace and relkind = 'r'
     order by 1, 2, 3, 4`,
    [schema, quote(schema)],
  );
}

/** What is the engine's and should be gone when a migration is over. */
async function readLeftOvers({ sql }: Scratch): Promise<unknown[]> {
  return sql(
    `select relname as name from pg_class where relname ~ '_?sluice_' and relnamespace <> 'sluice'::regnamespace
     union all select attname from pg_attribute join pg_class on pg_class.oid = attrelid
     where attname ~ '^_sluice_' and not attisdropped and relkind <> 'i'
     union all select conname from pg_constraint where conname ~ '^_sluice_'
     union all select tgname from pg_trigger where tgname ~ 'sluice'
     union all select proname from pg_proc where proname ~ 'sluice'`,
  );
}

function quote(name: string): string {
  return `"${name.replaceAll('"', '""')}"`;
}
