import { type Catalogue, type Column, type Table } from './catalogue.js';
import { type FoundReference, referencesTo } from './foreign-key.js';

/** One table that a widened key reaches: the columns that get wider, and its foreign keys that are made anew. */
export interface WidenedTable {
  readonly table: Table;
  readonly columns: readonly Column[];
  readonly references: readonly FoundReference[];
}

export interface WidenedTables {
  /** Those that refer before those that are referred to. */
  readonly tables: readonly WidenedTable[];
  /** Names of tables that refer to each other in a circle, each by a key that gets wider; empty when there are none. */
  readonly circle: readonly string[];
  /** Foreign keys from columns that this version does not show. */
  readonly unseen: readonly FoundReference[];
}

const narrow = ['smallint', 'integer'];

export function isNarrow({ type }: Column): boolean {
  return narrow.includes(type);
}

/** The column, and all that refer to it, and to those. */
export function widenedTables(catalogue: Catalogue, table: Table, column: Column): WidenedTables {
  const columns = new Map<string, Column[]>([[table.name, [column]]]);
  const references = new Map<string, FoundReference[]>();
  const unseen: FoundReference[] = [];
  const open: { readonly of: Table; readonly key: Column }[] = [{ of: table, key: column }];
  for (let next = open.shift(); next !== undefined; next = open.shift()) {
    const { of, key } = next;
    for (const reference of referencesTo(catalogue, of).filter(({ key: { keys } }) => keys.includes(key.physical))) {
      const { from } = reference;
      const physical = reference.key.columns[reference.key.keys.indexOf(key.physical)];
      const referring = from.columns.find((each) => each.physical === physical);
      if (referring === undefined) {
        unseen.push(reference);
        continue;
      }
      const known = references.get(from.name) ?? [];
      if (!known.some(({ constraint }) => constraint.name === reference.constraint.name)) known.push(reference);
      references.set(from.name, known);
      const wider = columns.get(from.name) ?? [];
      columns.set(from.name, wider);
      if (!isNarrow(referring) || wider.some(({ name }) => name === referring.name)) continue;
      // Before what it refers to, in its own table as well: the old key goes when nothing refers to it any more.
      wider.unshift(referring);
      open.push({ of: from, key: referring });
    }
  }
  const reached = catalogue.tables
    .filter(({ name }) => columns.has(name))
    .map((each) => ({
      table: each,
      columns: columns.get(each.name) ?? [],
      references: references.get(each.name) ?? [],
    }));
  return { ...inOrder(reached), unseen };
}

/** What refers to a table comes before it. */
function inOrder(reached: readonly WidenedTable[]): Pick<WidenedTables, 'tables' | 'circle'> {
  let left = reached;
  let tables: readonly WidenedTable[] = [];
  while (left.length > 0) {
    const isFree = ({ table }: WidenedTable) =>
      left.every((other) => other.table === table || other.references.every(({ key }) => key.table !== table.physical));
    const free = left.filter(isFree);
    if (free.length === 0) return { tables, circle: left.map(({ table }) => table.name) };
    tables = [...tables, ...free];
    left = left.filter((each) => !free.includes(each));
  }
  return { tables, circle: [] };
}
