import type { DatabaseFacts } from '../live-facts.js';
import { nameOf } from '../tree.js';
import type { Hit, Visit } from '../visit.js';

/** Whoever prepared `select *` has another result from here on. */
export function* readByStar({ facts }: Visit, table: string, does: string): Generator<Hit> {
  const readers = facts?.tables.get(table)?.starReaders ?? [];
  if (readers.length > 0) yield { rule: 'prepared-select-star', what: `${does}${starWords(readers)}` };
}

/** Behind what is done to their table; empty when there are none. */
export function starWords([first, ...more]: readonly string[]): string {
  if (first === undefined) return '';
  const others = more.length === 0 ? '' : `, and ${more.length} more like it`;
  return `, and what was run here reads all of its columns: ${first}${others}`;
}

/** The service's own, which know nothing of a fill. */
export function* firesTriggers(facts: DatabaseFacts | undefined, table: string): Generator<Hit> {
  const triggers = facts?.tables.get(table)?.rowTriggers ?? [];
  if (triggers.length === 0) return;
  const what = `fills ${table}, whose trigger ${triggers.join(' and ')} fires for every row of it`;
  yield { rule: 'fill-fires-trigger', what };
}

/** A subscription has no place any more for what it is sent, unless the same transaction gives the name away again. */
export function* losesName({ file, facts }: Visit, table: string, column?: string): Generator<Hit> {
  const known = facts?.tables.get(table);
  const subscriptions = known?.subscriptions ?? [];
  if (subscriptions.length === 0 || (column !== undefined && known?.columns.has(column) !== true)) return;
  const isGivenAgain = file.statements.some(({ node }) => {
    if (!('RenameStmt' in node)) return false;
    const { relation, newname, renameType } = node.RenameStmt;
    const isColumn = renameType === 'OBJECT_COLUMN' && nameOf(relation) === table;
    return column === undefined ? renameType === 'OBJECT_TABLE' && newname === table : isColumn && newname === column;
  });
  if (isGivenAgain) return;
  const name = column === undefined ? table : `${table}.${column}`;
  yield {
    rule: 'subscribed-table',
    what: `takes the name ${name} away, and ${table} is filled by the subscription ${subscriptions.join(', ')}`,
  };
}
