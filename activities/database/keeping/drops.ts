import type { Connection } from '../connection.js';
import type { MigrationPlan } from '../operations/migration-plan.js';
import { sqlstateOf } from '../sqlstate.js';
import { readMissingRights } from './rights.js';

/** A column or table with rows that contract takes away. */
export interface Drop {
  /** Qualified and quoted. */
  readonly table: string;
  /** Quoted. */
  readonly column?: string;
}

const name = '"(?:[^"]|"")+"';
const dropColumn = new RegExp(`^alter table (${name}\\.${name}) drop column if exists (${name})$`);
const dropTable = new RegExp(`^drop table if exists (${name}\\.${name})$`);

/** As operations write it; what stands only in between was never anybody's, and is dropped. */
export function dropIn(sql: string): Drop | undefined {
  const [, table, column] = dropColumn.exec(sql) ?? dropTable.exec(sql) ?? [];
  if (table === undefined || column?.startsWith('"_sluice_') === true) return undefined;
  return column === undefined ? { table } : { table, column };
}

/** What of the plan could not be kept as it is, each with the reason. */
export async function readUnkeepable(connection: Connection, { contract }: MigrationPlan): Promise<readonly string[]> {
  const statements = contract.flatMap((step) => (step.do === 'cut' ? step.statements : []));
  const types = statements.filter(({ sql }) => sql.startsWith('drop type'));
  const found = types.map(({ at }) => `${at}: the columns go with their type`);
  const drops = statements.flatMap(({ sql, at }) => {
    const drop = dropIn(sql);
    return drop === undefined ? [] : [{ ...drop, at }];
  });
  for (const { table, column, at } of drops) {
    const why =
      column === undefined ? await whyNotTable(connection, table) : await whyNotColumn(connection, { table, column });
    found.push(...why.map((each) => `${at}: ${each}`));
  }
  return [...found, ...(await readMissingRights(connection, drops))];
}

async function whyNotTable(connection: Connection, table: string): Promise<readonly string[]> {
  const { rows } = await connection.query(
    `select from pg_class where oid = to_regclass($1)
       and (relkind = 'p' or exists (select from pg_inherits where inhparent = pg_class.oid))`,
    [table],
  );
  return rows.map(() => `${table} has partitions`);
}

/** New rows have nothing in a kept column. */
async function whyNotColumn(connection: Connection, { table, column }: Required<Drop>): Promise<readonly string[]> {
  const { rows } = await connection.query<{ isVirtual: boolean; domain: string | null; check: string | null }>(
    `select attgenerated = 'v' as "isVirtual", case typtype when 'd' then format_type(pg_type.oid, null) end as domain,
       (select quote_ident(conname) from pg_constraint where conrelid = attrelid and contype = 'c' and 0 = any(conkey) limit 1) as check
     from pg_attribute join pg_type on pg_type.oid = atttypid
     where attrelid = to_regclass($1) and quote_ident(attname) in ($2, btrim($2, '"')) and not attisdropped`,
    [table, column],
  );
  const why = [];
  for (const { isVirtual, domain, check } of rows) {
    if (isVirtual) why.push(`${table}.${column} holds nothing: it is computed`);
    if (domain !== null && (await refusesNull(connection, domain)))
      why.push(`${table}.${column}: ${domain} refuses null`);
    if (check !== null) why.push(`${table}.${column}: ${check} is about whole rows`);
  }
  return why;
}

/** By `not null`, a check, or either of a domain below it. */
async function refusesNull(connection: Connection, domain: string): Promise<boolean> {
  try {
    await connection.query(`select null::${domain}`);
    return false;
  } catch (error) {
    if (sqlstateOf(error)?.startsWith('23') === true) return true;
    throw error;
  }
}

export function cannotKeep(found: readonly string[]): string {
  return `expected contract to be able to keep what it removes, found ${found.join('; ')}. Contract without keeping it`;
}
