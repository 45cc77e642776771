import { loadModule, type Node } from 'libpg-query';
import type { Connection } from '../connection.js';
import { findStatements } from '../evidence/old-use.js';
import { parseStatements } from '../parse-statements.js';
import { excerpt } from './excerpt.js';
import { nodesOf, relationsIn } from './tree.js';

/**
 * By the table: statements that read all of its columns by `*`, the most frequent first, where `pg_stat_statements` is
 * installed and this role may see what others run. Of a view of the same name in another schema nothing tells it apart.
 */
export async function readStarReaders(
  connection: Connection,
  tables: readonly string[],
): Promise<ReadonlyMap<string, readonly string[]>> {
  const view = await findStatements(connection);
  if (view === undefined) return new Map();
  await loadModule();
  const { rows } = await connection.query<{ text: string }>(
    `select query as text from ${view}
     where dbid = (select oid from pg_database where datname = current_database()) and query ~* '^\\s*(select|with)\\M.*\\*'
     group by query order by sum(calls) desc limit ${most}`,
  );
  const found = new Map<string, string[]>();
  for (const { text } of rows) {
    const [node] = parseStatements(text);
    if (node === undefined || !readsAll(node)) continue;
    const named = relationsIn(node);
    for (const table of tables) {
      if (named.has(table)) found.set(table, [...(found.get(table) ?? []), excerpt(text, 80)]);
    }
  }
  return found;
}

const most = 1_000;

/** `select *`, `select c.*`; a `count(*)` is none. */
function readsAll(node: Node): boolean {
  return [...nodesOf(node, 'ResTarget')].some(
    ({ val }) =>
      val !== undefined && 'ColumnRef' in val && (val.ColumnRef.fields ?? []).some((field) => 'A_Star' in field),
  );
}
