import type { Connection } from '../connection.js';
import type { MigrationPlan } from '../operations/migration-plan.js';

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
  for (const { sql, at } of statements) {
    const drop = dropIn(sql);
    if (drop === undefined) continue;
    const { rows } = await connection.query<{ isParent: boolean; isVirtual: boolean }>(
      `select relkind = 'p' or exists (select from pg_inherits where inhparent = pg_class.oid) as "isParent",
         exists (select from pg_attribute where attrelid = pg_class.oid and quote_ident(attname) in ($2, btrim($2, '"'))
           and attgenerated = 'v') as "isVirtual"
       from pg_class where oid = to_regclass($1)`,
      [drop.table, drop.column ?? ''],
    );
    const [row] = rows;
    if (row?.isParent === true && drop.column === undefined) found.push(`${at}: ${drop.table} has partitions`);
    if (row?.isVirtual === true) found.push(`${at}: ${drop.table}.${drop.column} holds nothing: it is computed`);
  }
  return found;
}

export function cannotKeep(found: readonly string[]): string {
  return `expected contract to be able to keep what it removes, found ${found.join('; ')}. Contract without keeping it`;
}
