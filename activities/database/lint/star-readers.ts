import { loadModule, type Node } from 'libpg-query';
import type { Connection } from '../connection.js';
import { parseStatements } from '../parse-statements.js';
import { excerpt } from './excerpt.js';
import { nodesOf, relationsIn } from './tree.js';

/**
 * By the table: statements that read all of its columns by `*`, the most frequent first. `view` is `pg_stat_statements`.
 * Of a view of the same name in another schema nothing tells a table apart.
 */
export async function readStarReaders(
  connection: Connection,
  view: string,
  tables: readonly string[],
): Promise<ReadonlyMap<string, readonly string[]>> {
  await loadModule();
  // Who writes comments writes them into every statement: their stars are none.
  const { rows } = await connection.query<{ text: string }>(
    `select query as text from ${view}
     where dbid = (select oid from pg_database where datname = current_database())
       and regexp_replace(query, '/[*].*?[*]/', '', 'g') ~ '[*]'
     group by query order by sum(calls) desc limit ${most}`,
  );
  const found = new Map<string, string[]>();
  for (const { text } of rows) {
    const node = parseNormalised(text);
    if (node === undefined || !readsAll(node)) continue;
    const named = relationsIn(node);
    for (const table of tables) {
      if (named.has(table)) found.set(table, [...(found.get(table) ?? []), excerpt(withoutHead(text), 80)]);
    }
  }
  return found;
}

const most = 1_000;

/** The server writes `$1` for what was said, also where the grammar wants a text, as in `interval $1`. */
function parseNormalised(text: string): Node | undefined {
  const [node] = parseStatements(text);
  if (node !== undefined) return node;
  const [said] = parseStatements(text.replaceAll(/(?<![\w$"])\$(\d+)/g, "'$1'"));
  return said;
}

/** Comments before a statement say who runs it, and may be long. */
function withoutHead(text: string): string {
  return text.replace(/^(?:\s+|--[^\n]*(?:\n|$)|\/\*[^]*?\*\/)+/, '');
}

const kinds = ['SelectStmt', 'InsertStmt', 'UpdateStmt', 'DeleteStmt', 'MergeStmt'];

/** `select *`, `select c.*`, `returning *`; a `count(*)` is none. */
function readsAll(node: Node): boolean {
  return (
    kinds.some((kind) => kind in node) &&
    [...nodesOf(node, 'ResTarget')].some(
      ({ val }) =>
        val !== undefined && 'ColumnRef' in val && (val.ColumnRef.fields ?? []).some((field) => 'A_Star' in field),
    )
  );
}
