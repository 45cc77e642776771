import pg from 'pg';
import type { Value } from './form.js';
import type { SeenTable } from './shop.js';

export interface Statement {
  readonly text: string;
  readonly values: readonly unknown[];
}

const quoted = pg.escapeIdentifier;

/** `columns` take what `rev` means for them; the row's own `rev` goes along when it is asked for. */
export function updateOf(
  seen: SeenTable,
  columns: readonly string[],
  { id, rev, withRev = true }: { readonly id: number; readonly rev: number; readonly withRev?: boolean },
): Statement {
  const parameters = new Parameters(rev);
  const sets = columns.map((column) => `${quoted(column)} = ${parameters.of(seen, column)}`);
  const all = withRev ? [`rev = ${parameters.rev()}`, ...sets] : sets;
  const text = `update ${quoted(seen.name)} set ${all.join(', ')} where id = ${parameters.add(id)}`;
  return { text, values: parameters.values };
}

/** `id` absent: the database gives one, and says which. */
export function insertOf(
  seen: SeenTable,
  { id, rev, orUpdate = false }: { readonly id?: number; readonly rev: number; readonly orUpdate?: boolean },
): Statement {
  const parameters = new Parameters(rev);
  const columns = Object.keys(seen.columns);
  const names = [...(id === undefined ? [] : ['id']), 'rev', ...columns].map(quoted);
  const given = [
    ...(id === undefined ? [] : [parameters.add(id)]),
    parameters.rev(),
    ...columns.map((column) => parameters.of(seen, column)),
  ];
  const more = orUpdate
    ? ` on conflict (id) do update set ${names.map((name) => `${name} = excluded.${name}`).join(', ')}`
    : id === undefined
      ? ' returning id'
      : '';
  const text = `insert into ${quoted(seen.name)} (${names.join(', ')}) values (${given.join(', ')})${more}`;
  return { text, values: parameters.values };
}

/** Of the row beside, where it has columns of its own: `undefined` where there is nothing to write. */
export function updateBesideOf({ beside }: SeenTable, { id, rev }: { readonly id: number; readonly rev: number }) {
  const columns = Object.keys(beside?.columns ?? {});
  if (beside === undefined || columns.length === 0) return undefined;
  const parameters = new Parameters(rev);
  const sets = columns.map((column) => `${quoted(column)} = ${parameters.of(beside, column)}`);
  const text = `update ${quoted(beside.name)} set ${sets.join(', ')} where ${quoted(beside.key)} = ${parameters.add(id)}`;
  return { text, values: parameters.values };
}

export function insertBesideOf({ beside }: SeenTable, { id, rev }: { readonly id: number; readonly rev: number }) {
  if (beside === undefined) return undefined;
  const parameters = new Parameters(rev);
  const columns = Object.keys(beside.columns);
  const names = [beside.key, ...columns].map(quoted);
  const given = [parameters.add(id), ...columns.map((column) => parameters.of(beside, column))];
  const sets = names.map((name) => `${name} = excluded.${name}`).join(', ');
  const text = `insert into ${quoted(beside.name)} (${names.join(', ')}) values (${given.join(', ')}) on conflict (${names[0]}) do update set ${sets}`;
  return { text, values: parameters.values };
}

export function deleteOf({ name }: SeenTable, id: number): Statement {
  return { text: `delete from ${quoted(name)} where id = $1`, values: [id] };
}

export function touchOf({ name }: SeenTable, ids: readonly number[]): Statement {
  return { text: `update ${quoted(name)} set touched = touched + 1 where id = any($1::int[])`, values: [ids] };
}

/** `all`: as `select *`, which names no column. */
export function selectOf({ name, columns }: SeenTable, id: number, { all }: { readonly all: boolean }): Statement {
  const list = all ? '*' : ['id', 'rev', 'touched', ...Object.keys(columns)].map(quoted).join(', ');
  return { text: `select ${list} from ${quoted(name)} where id = $1`, values: [id] };
}

class Parameters {
  readonly values: unknown[] = [];
  readonly #rev: number;
  #place: string | undefined;

  constructor(rev: number) {
    this.#rev = rev;
  }

  add(value: unknown): string {
    this.values.push(value);
    return `$${this.values.length}`;
  }

  rev(): string {
    return (this.#place ??= `${this.add(this.#rev)}::bigint`);
  }

  of({ columns }: { readonly columns: Readonly<Record<string, Value>> }, column: string): string {
    const value = columns[column];
    if (value === undefined) throw new Error(`expected a column that the version knows, found ${column}`);
    return value.as === undefined ? value.is.replaceAll(/\brev\b/g, this.rev()) : this.add(value.as(this.#rev));
  }
}
