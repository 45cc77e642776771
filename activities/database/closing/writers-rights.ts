import type { Connection } from '../connection.js';
import { escaped, ours, wordPattern } from '../evidence/dependents.js';
import type { Gone } from '../evidence/what-goes.js';

/**
 * Whether a trigger of somebody's own, or a function that it calls, needs a right to what goes of who fires it: without
 * it every such write would fail, the new version's too. Bodies are text to the server, and are looked through for names.
 * One that is `security definer` works with its owner's rights, which stay where the owner is that of the table. The row
 * a trigger is given, `new.full_name`, needs none.
 */
export async function needsWritersRights(connection: Connection, gone: Gone): Promise<boolean> {
  const { table, tableName, column, physical } = gone;
  const names = (all: readonly (string | undefined)[]) => [...new Set(all.flatMap((name) => name ?? []))];
  const { rows } = await connection.query<{ readonly needs: boolean }>(
    `with recursive closed as (select relowner from pg_class where oid = to_regclass($1)),
     program as (
       select pg_proc.oid, '(^|[^[:alnum:]_])' || regexp_replace(proname, '(\\W)', '\\\\\\1', 'g') || '([^[:alnum:]_]|$)' as called,
         regexp_replace(pg_get_functiondef(pg_proc.oid), '\\m(new|old)\\s*\\.\\s*("[^"]+"|\\w+)', '', 'gi') as body
       from pg_proc join pg_language on pg_language.oid = prolang join pg_namespace on pg_namespace.oid = pronamespace, closed
       where prokind in ('f', 'p') and lanname not in ('c', 'internal') and nspname not in ('pg_catalog', 'information_schema', 'sluice')
         and proname !~ '${ours}' and not (prosecdef and pg_has_role(proowner, relowner, 'USAGE'))),
     run as (
       select oid, body from program where exists (
         select from pg_trigger where tgfoid = program.oid and not tgisinternal and tgenabled <> 'D')
       union select program.oid, program.body from run join program on run.body ~* program.called)
     select exists (select from run where case
       when $3::text[] = '{}' then body ~* any($2)
       else body ~* any($3) and (body ~* any($2) or body ~* '\\mexecute\\M')
         or body ~* any($2) and (body ~* '[^(\\s]\\s*\\*|json|rowtype' or body ~* any($4)) end) as needs`,
    [
      table,
      names([tableName, table.split('.').at(-1)?.replaceAll('"', '')]).map(wordPattern),
      names([column, physical]).map(wordPattern),
      // Like `select *` and a whole row, an insert without a list of columns needs all of them.
      names([tableName]).map((name) => `\\minto\\s+(\\S+\\.)?"?${escaped(name)}"?\\s+(as\\s+\\S+\\s+)?[^(\\s]`),
    ],
  );
  return rows[0]?.needs === true;
}
