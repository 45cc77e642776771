import type { Connection } from '../connection.js';
import type { Gone, WhatGoes } from './what-goes.js';

/** Views, functions, policies and triggers that need what goes: `view report needs customers.full_name`. */
export async function readDependents(connection: Connection, goes: WhatGoes): Promise<readonly string[]> {
  const gone = [...goes.columns, ...goes.tables];
  const found: string[] = [];
  for (const one of gone) {
    const users = [
      ...(one.dropped ? await readBound(connection, one, goes.versionSchemas) : []),
      ...(await readFunctions(connection, one)),
    ].filter(({ name }) => !isNamedIn(goes.ownSql, name));
    const what = one.column === undefined ? one.tableName : `${one.tableName}.${one.column}`;
    found.push(...users.map(({ user }) => `${user} needs ${what}, which contract takes away; drop or change it first`));
  }
  return [...new Set(found)];
}

/** Triggers and functions that contract removes itself, by how their names begin. */
export const ours = '^[~_]sluice_';

interface User {
  readonly name: string;
  /** `function greet()` */
  readonly user: string;
}

/** What the server itself knows to depend on it. What is the table's own goes with it. */
async function readBound(
  connection: Connection,
  { table, column }: Gone,
  versionSchemas: readonly string[],
): Promise<readonly User[]> {
  const { rows } = await connection.query<User>(
    `select distinct coalesce(relation.relname, tgname, polname, proname) as name, coalesce(case relation.relkind when 'v' then 'view ' when 'm' then 'materialized view ' end || relation.oid::regclass,
         pg_describe_object(classid, objid, 0)) as user
     from pg_depend
     left join pg_rewrite on classid = 'pg_rewrite'::regclass and pg_rewrite.oid = objid
     left join pg_class as relation on relation.oid = ev_class
     left join pg_trigger on classid = 'pg_trigger'::regclass and pg_trigger.oid = objid
     left join pg_proc on classid = 'pg_proc'::regclass and pg_proc.oid = objid
     left join pg_policy on classid = 'pg_policy'::regclass and pg_policy.oid = objid
     where refclassid = 'pg_class'::regclass and refobjid = to_regclass($1)
       and classid in ('pg_rewrite'::regclass, 'pg_proc'::regclass, 'pg_trigger'::regclass, 'pg_policy'::regclass)
       and ($2::text is null or refobjsubid = (select attnum from pg_attribute where attrelid = to_regclass($1) and attname = $2))
       and ($2::text is not null or coalesce(polrelid, tgrelid, 0) <> to_regclass($1))
       and not coalesce(tgisinternal or tgname ~ '${ours}', false)
       and not coalesce(relation.relnamespace in (select oid from pg_namespace where nspname = any($3)), false)
     order by 1`,
    [table, column ?? null, versionSchemas],
  );
  return rows;
}

/** Bodies are text to the server: those that have the names in them. A trigger's function need not name its table. */
async function readFunctions(connection: Connection, { table, tableName, column }: Gone): Promise<readonly User[]> {
  const { rows } = await connection.query<User>(
    `select proname as name, 'function ' || pg_proc.oid::regprocedure as user from pg_proc
     join pg_language on pg_language.oid = prolang join pg_namespace on pg_namespace.oid = pronamespace
     where lanname in ('sql', 'plpgsql') and nspname not in ('pg_catalog', 'information_schema', 'sluice')
       and proname !~ '${ours}'
       and not exists (select from pg_depend where classid = 'pg_proc'::regclass and objid = pg_proc.oid and deptype = 'e')
       and ($2::text is null or prosrc ~* $2)
       and (prosrc ~* $3 or exists (select from pg_trigger where tgfoid = pg_proc.oid and tgrelid = to_regclass($1) and $2 is not null))
     order by 1`,
    [table, column === undefined ? null : wordPattern(column), wordPattern(tableName)],
  );
  return rows;
}

/** A name as a whole word; whatever is no letter in it stands for itself. */
export function wordPattern(name: string): string {
  return `(^|[^[:alnum:]_])${escaped(name)}([^[:alnum:]_]|$)`;
}

function isNamedIn(sql: string, name: string): boolean {
  return sql.split(/[^\p{L}\p{N}_$]+/u).some((word) => word.toLowerCase() === name.toLowerCase());
}

export function escaped(name: string): string {
  return name.replaceAll(/[^\p{L}\p{N}_]/gu, '\\$&');
}
