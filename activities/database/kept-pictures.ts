import type { SchemaDifference } from '../../domain/schema-change.js';
import { fingerprintSql, type Picture, picturedSql, pictureSql, withPlainNames } from './catalogue-picture.js';
import type { Connection } from './connection.js';
import { createOnce, sharedAs } from './own-tables.js';

/** Whose picture it is: the schema its history is for, and the file's version, or its name where it is one of operations. */
export interface PictureOwner {
  readonly schema: string;
  readonly version: string;
}

const present = `to_regclass('sluice.schema_picture') is not null`;

/** What the engines keep of the tables and views they have changed, as they left them. */
export async function createPictures(connection: Connection): Promise<void> {
  await createOnce(connection, {
    present,
    create: `
      create table sluice.schema_picture (
        schema_name text not null,
        version text not null,
        relation text not null,
        relid oid not null,
        picture jsonb not null,
        fingerprint text not null,
        is_over boolean not null default false,
        taken_at timestamptz not null default clock_timestamp(),
        primary key (schema_name, version, relation)
      );
      ${sharedAs('schema_picture')}`,
  });
}

export async function hasPictures(connection: Connection): Promise<boolean> {
  const { rows } = await connection.query<{ present: boolean }>(`select ${present} as present`);
  return rows[0]?.present === true;
}

/**
 * Keeps what this transaction has made of the tables and views it has changed: those it holds a lock on that DDL takes.
 * Commits with them, so that nothing of ours is ever taken for somebody else's. To be called at its end.
 */
export async function keepChanged(connection: Connection, owner: PictureOwner): Promise<void> {
  // What a file has set for its own statements is not meant for these.
  await connection.query(`set local statement_timeout = '60s'`);
  const { rows } = await connection.query<{ relid: string }>(
    `select distinct coalesce(indrelid, relation)::text as relid from pg_locks left join pg_index on indexrelid = relation
     where pid = pg_backend_pid() and locktype = 'relation' and mode in ('ShareUpdateExclusiveLock', 'ShareLock', 'ShareRowExclusiveLock', 'AccessExclusiveLock')
       and database = (select oid from pg_database where datname = current_database())`,
  );
  await keep(
    connection,
    owner,
    rows.map(({ relid }) => relid),
  );
}

/** The same for relations by their names, qualified and quoted; those that are not there are left out. */
export async function keepNamed(
  connection: Connection,
  owner: PictureOwner,
  relations: readonly string[],
): Promise<void> {
  const { rows } = await connection.query<{ relid: string }>(
    'select distinct to_regclass(name)::oid::text as relid from unnest($1::text[]) as name where to_regclass(name) is not null',
    [relations],
  );
  await keep(
    connection,
    owner,
    rows.map(({ relid }) => relid),
  );
}

/** The tables that have, or had, an index of this name as the owner knows them. */
export async function keepIndexed(connection: Connection, owner: PictureOwner, index: string): Promise<void> {
  const { rows } = await connection.query<{ relation: string }>(
    'select relation from sluice.schema_picture where schema_name = $1 and picture ? $2',
    [owner.schema, `index ${index}`],
  );
  await keepNamed(
    connection,
    owner,
    rows.map(({ relation }) => relation),
  );
}

/** Every owner's picture of them is taken anew; a relation that is gone, or has another name now, takes its old one along. */
async function keep(connection: Connection, { schema, version }: PictureOwner, relids: readonly string[]) {
  if (relids.length === 0) return;
  const { rows: known } = await connection.query<{
    relid: string;
    schema_name: string;
    version: string;
    is_over: boolean;
  }>(
    'delete from sluice.schema_picture where relid = any($1::oid[]) returning relid::text, schema_name, version, is_over',
    [relids],
  );
  const owners = [
    ...known.filter((row) => row.schema_name !== schema || row.version !== version),
    ...relids.map((relid) => ({ relid, schema_name: schema, version, is_over: false })),
  ];
  await withPlainNames(connection, () =>
    connection.query(
      `insert into sluice.schema_picture (schema_name, version, relation, relid, is_over, picture, fingerprint)
       select schema_name, version, format('%I.%I', nspname, relname), relid, is_over, picture, ${fingerprintSql('picture')}
       from jsonb_to_recordset($1) as owner (relid oid, schema_name text, version text, is_over boolean)
       join pg_class as relation on relation.oid = relid and ${picturedSql}
       join pg_namespace on pg_namespace.oid = relnamespace
       cross join lateral (select ${pictureSql} as picture) as taken
       on conflict (schema_name, version, relation) do update
       set relid = excluded.relid, picture = excluded.picture, fingerprint = excluded.fingerprint, taken_at = excluded.taken_at`,
      [JSON.stringify(owners)],
    ),
  );
}

/** Nothing comes after: whoever changes these tables from now on changes nobody's plans. */
export async function endPictures(connection: Connection, owners: readonly PictureOwner[]): Promise<void> {
  await connection.query(
    `update sluice.schema_picture set is_over = true where (schema_name, version) in (${recordsSql}) and not is_over`,
    [JSON.stringify(owners)],
  );
}

export async function forgetPictures(connection: Connection, { schema, version }: PictureOwner): Promise<void> {
  await connection.query('delete from sluice.schema_picture where schema_name = $1 and version = $2', [
    schema,
    version,
  ]);
}

const recordsSql = `select * from jsonb_to_recordset($1) as owner (schema text, version text)`;

/** A table or view that is not as its owner left it. */
export interface Drift extends PictureOwner {
  readonly relation: string;
  readonly isOver: boolean;
  readonly differences: readonly SchemaDifference[];
}

/** Of all owners, those included whose migration is over; or only of some, only of relations with these names, qualified and quoted, which are there. */
export async function findDrift(
  connection: Connection,
  { owners, relations }: { readonly owners?: readonly PictureOwner[]; readonly relations?: readonly string[] } = {},
): Promise<readonly Drift[]> {
  const { rows } = await withPlainNames(connection, () =>
    connection.query<DriftRow>(
      `select schema_name as schema, version, kept.relation, is_over as "isOver", kept.picture as expected, found
       from sluice.schema_picture as kept
       left join pg_class as relation on relation.oid = to_regclass(kept.relation)
       left join lateral (select ${pictureSql} as found) as taken on relation.oid is not null
       where fingerprint is distinct from ${fingerprintSql('found')}
         and ($1::jsonb is null or (schema_name, version) in (${recordsSql}))
         and ($2::text[] is null or to_regclass(kept.relation) = any($2::text[]::regclass[]))
       order by schema_name, version, kept.relation`,
      [owners === undefined ? null : JSON.stringify(owners), relations ?? null],
    ),
  );
  return rows.map(({ expected, found, ...row }) => ({ ...row, differences: compare(expected, found) }));
}

interface DriftRow extends PictureOwner {
  readonly relation: string;
  readonly isOver: boolean;
  readonly expected: Picture;
  readonly found: Picture | null;
}

function compare(expected: Picture, found: Picture | null): readonly SchemaDifference[] {
  if (found === null) return [{ what: expected.kind ?? 'table', expected: 'there', found: null }];
  return [...new Set([...Object.keys(expected), ...Object.keys(found)])]
    .filter((what) => expected[what] !== found[what])
    .map((what) => ({ what, expected: expected[what] ?? null, found: found[what] ?? null }));
}

/** As it is now is how it should be. */
export async function acceptDrift(connection: Connection, drifts: readonly Drift[]): Promise<void> {
  for (const { schema, version, relation } of drifts) {
    await connection.query('delete from sluice.schema_picture where relation = $1 and to_regclass(relation) is null', [
      relation,
    ]);
    await keepNamed(connection, { schema, version }, [relation]);
  }
}
