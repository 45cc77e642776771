import pg from 'pg';
import { searchPathOf } from '../../../activities/database/operations/version-schema.js';
import type { Value } from './form.js';
import type { TableJournal } from './journal.js';
import type { SeenTable } from './shop.js';
import { shopTables } from './shop.js';

/** The tables as one version sees them. */
export interface Eyes {
  readonly version: string;
  /** The schema it has in front. */
  readonly schema: string;
  readonly tables: readonly SeenTable[];
  /** What must not stand in a row, besides; by logical table and column. */
  readonly stricter: ReadonlyMap<string, Readonly<Record<string, string>>>;
  /** Columns in which null stands as long as a row is not filled. */
  readonly unfilled: ReadonlySet<string>;
}

export interface Disagreement {
  readonly divergent: readonly string[];
  readonly lost: readonly string[];
}

/** A look at all rows, all of it at one moment. */
export interface Snapshot {
  compare(eyes: readonly Eyes[], journals: readonly TableJournal[]): Promise<Disagreement>;
  end(): Promise<void>;
}

export async function takeSnapshot(url: string): Promise<Snapshot> {
  const client = new pg.Client({ connectionString: url, application_name: 'soak check' });
  client.on('error', () => {});
  await client.connect();
  await client.query('begin isolation level repeatable read read only');
  // The first statement takes it, and not `begin`.
  await client.query('select 1');
  return {
    async compare(eyes, journals) {
      const [divergent, lost]: [string[], string[]] = [[], []];
      for (const each of eyes) {
        // As its clients find a table: a part of another one has no view.
        await client.query(`set local search_path to ${searchPathOf(each.schema, 'public')}`);
        for (const seen of each.tables) {
          divergent.push(...(await findWrong(client, each, seen)));
          const journal = journals.find(({ table }) => table === seen.table);
          if (journal !== undefined) lost.push(...(await findLost(client, { eyes: each, seen, journal })));
        }
      }
      return { divergent, lost };
    },
    end: () => client.end(),
  };
}

async function findWrong(client: pg.Client, eyes: Eyes, seen: SeenTable): Promise<readonly string[]> {
  const { beside } = seen;
  const conditions = [
    ...Object.entries(seen.columns).map(([column, value]) => conditionOf(eyes, seen, { column, value })),
    ...Object.entries(beside?.columns ?? {}).map(([column, value]) =>
      conditionOf(eyes, seen, { column, value, of: 'beside' }),
    ),
  ];
  if (conditions.length === 0) return [];
  const wrong = conditions.map((condition) => `(${condition})`).join(' or ');
  const { rows } = await client.query<{ row: unknown; count: string }>(
    `select to_jsonb(it)${beside === undefined ? '' : ' || to_jsonb(beside)'} as row, count(*) over () as count from ${quoted(seen.name)} as it
     ${beside === undefined ? '' : `left join ${quoted(beside.name)} as beside on beside.${quoted(beside.key)} = it.id`}
     where ${within(seen)} and (${wrong}) order by id limit 3`,
  );
  if (rows.length === 0) return [];
  return [
    `${rows[0]?.count} rows of ${seen.name} as the ${eyes.version} version sees them, such as ${rows.map(({ row }) => JSON.stringify(row)).join(', ')}`,
  ];
}

function conditionOf(
  eyes: Eyes,
  { table }: SeenTable,
  { column, value: { is, wrong }, of = 'it' }: { readonly column: string; readonly value: Value; readonly of?: string },
): string {
  const place = `${of}.${quoted(column)}`;
  const more = eyes.stricter.get(table)?.[column];
  const condition = [wrong ?? `${place} is distinct from (${is})`, ...(more === undefined ? [] : [more])]
    .map((each) => `(${each})`)
    .join(' or ');
  return eyes.unfilled.has(`${table}.${column}`) ? `${place} is not null and (${condition})` : condition;
}

/** The rows that were written one by one; of the others, whether they are there and as untouched as at the beginning. */
async function findLost(
  client: pg.Client,
  { eyes, seen, journal }: { readonly eyes: Eyes; readonly seen: SeenTable; readonly journal: TableJournal },
): Promise<readonly string[]> {
  const place = quoted(seen.name);
  const known = [...journal.rows].filter(([id]) => !journal.doubtful.includes(id));
  const { rows: lost } = await client.query<{ id: number; wanted: string; found: string; count: string }>(
    `select wanted.id, coalesce(wanted.rev || '/' || wanted.touched, 'deleted') as wanted,
       coalesce(it.rev || '/' || it.touched, 'no row') as found, count(*) over () as count
     from unnest($1::bigint[], $2::bigint[], $3::int[]) as wanted (id, rev, touched) left join ${place} as it on it.id = wanted.id
     where wanted.rev is distinct from it.rev or wanted.rev is not null and wanted.touched <> it.touched order by 1 limit 5`,
    [known.map(([id]) => id), known.map(([, { rev }]) => rev), known.map(([, { touched }]) => touched)],
  );
  const told = lost.map(({ id, wanted, found }) => `${id} (rev/touched ${wanted}, found ${found})`);
  const words =
    lost.length === 0 ? [] : [`${lost[0]?.count} rows of ${seen.name} (${eyes.version}): ${told.join(', ')}`];
  if (journal.doubtful.length > 0) return words;
  const { rows: sums } = await client.query<{ count: number; touched: number; doubled: number }>(
    `select count(*)::int as count, coalesce(sum(touched), 0)::int as touched, (count(*) - count(distinct rev))::int as doubled
     from ${place} as it where ${within(seen)}`,
  );
  const { count = 0, touched = 0, doubled = 0 } = sums[0] ?? {};
  return [
    ...words,
    ...(count === journal.count && touched === journal.touched && doubled === 0
      ? []
      : [
          `${seen.name} (${eyes.version}): expected ${journal.count} rows touched ${journal.touched} times, found ${count} touched ${touched} times, ${doubled} with the rev of another`,
        ]),
  ];
}

function within({ table }: SeenTable): string {
  const ids = shopTables[table]?.ids;
  if (ids === undefined) return 'true';
  // What clients insert has ids beyond those of all others.
  return table === 'sales' ? `not (id >= 5000000 and id < 6000000)` : `id >= ${ids[0]} and id < ${ids[1]}`;
}

const quoted = pg.escapeIdentifier;
