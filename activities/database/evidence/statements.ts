import type { Connection } from '../connection.js';

/** Where the server counts what is run, as far as this role is shown it. */
export interface Statements {
  /** `pg_stat_statements`, qualified and quoted; absent where it is not there, or not for this role. */
  readonly view?: string;
  /** What is not seen in it, and what to do; absent when all is. */
  readonly unseen?: string;
}

export async function findStatements(connection: Connection): Promise<Statements> {
  // Whether it is loaded tells a setting that only then is there: which libraries are, not every role is told.
  const { rows } = await connection.query<StatementsRow>(
    `select quote_ident(current_user) as role, pg_has_role('pg_read_all_stats', 'usage') as "seesOthers",
       exists (select from pg_settings where name = 'pg_stat_statements.max') as "isLoaded", quote_ident(nspname) as schema,
       has_schema_privilege(pg_namespace.oid, 'usage') and has_table_privilege(pg_class.oid, 'select') as "mayRead"
     from (select) as asked left join pg_extension on extname = 'pg_stat_statements'
     left join pg_namespace on pg_namespace.oid = extnamespace
     left join pg_class on relnamespace = pg_namespace.oid and relname = 'pg_stat_statements'`,
  );
  const [found] = rows;
  if (found === undefined) throw new Error('a statement that asks for one row gave none');
  const { role, schema, isLoaded, mayRead, seesOthers } = found;
  const none = 'not looked at: statements that are run, as';
  if (schema === null || !isLoaded) {
    const how = isLoaded ? '' : 'load pg_stat_statements by shared_preload_libraries, and ';
    return { unseen: `${none} nobody counts them here; ${how}create extension pg_stat_statements` };
  }
  const view = `${schema}.pg_stat_statements`;
  if (mayRead !== true) {
    return { unseen: `${none} ${role} may not; grant usage on schema ${schema} and select on ${view} to ${role}` };
  }
  if (seesOthers) return { view };
  return {
    view,
    unseen: `not looked at: statements of other roles, as ${role} is not shown them; grant pg_read_all_stats to ${role}`,
  };
}

interface StatementsRow {
  readonly role: string;
  /** `null` where the extension is not there. */
  readonly schema: string | null;
  readonly isLoaded: boolean;
  readonly mayRead: boolean | null;
  readonly seesOthers: boolean;
}
