import type { Scope } from './operation.js';
import { qualified } from './names.js';

/**
 * A schema as one version sees it. What is called otherwise in the database than by the version has another `physical`
 * name until contract. Plain data: it is kept with the migration.
 */
export interface Catalogue {
  readonly schema: string;
  readonly tables: readonly Table[];
  /** Physical names of tables the version does not show, and which are there nevertheless. */
  readonly hidden: readonly string[];
  /** Default: none. */
  readonly enums?: readonly EnumType[];
}

export interface EnumType {
  readonly name: string;
  /** As the types of columns name it. */
  readonly type: string;
  /** In their order. */
  readonly labels: readonly string[];
}

export interface Table {
  readonly name: string;
  readonly physical: string;
  readonly columns: readonly Column[];
  /** Physical names of columns the version does not show, and which are there nevertheless. */
  readonly hidden: readonly string[];
  readonly constraints: readonly Constraint[];
  readonly indexes: readonly Index[];
  readonly rowSecurity: boolean;
  readonly partitioned: boolean;
  /** Its own, in the same schema. Default: none. */
  readonly partitions?: readonly Partition[];
  /** Default: `default`. */
  readonly replicaIdentity?: ReplicaIdentity;
  /** An operation of the same file makes it: it has no rows, nobody else holds locks on it, nothing can be tried on it. */
  readonly isNew?: true;
}

export interface Partition {
  readonly name: string;
  /** It takes what fits no other. */
  readonly isDefault: boolean;
}

export type ReplicaIdentity = 'default' | 'full' | 'nothing' | { readonly index: string };

export interface Column {
  readonly name: string;
  readonly physical: string;
  /** As the server spells it: `character varying(255)`. */
  readonly type: string;
  readonly nullable: boolean;
  /** An SQL expression. */
  readonly default?: string;
  /** Its value is not the client's to give. */
  readonly generated?: 'identity' | 'stored';
  readonly comment?: string;
  /** The default and the comment are the version's alone until contract: its view has them, the table does not. */
  readonly inViewOnly?: true;
}

export interface Constraint {
  readonly name: string;
  readonly kind: 'primary key' | 'unique' | 'check' | 'foreign key' | 'exclude' | 'not null';
  /** Physical names. */
  readonly columns: readonly string[];
  /** `CHECK ((price > 0))`, as `pg_get_constraintdef` gives it; columns have their physical names. */
  readonly definition: string;
  readonly validated: boolean;
}

export interface Index {
  readonly name: string;
  /** Physical names of the columns it is on, expressions left out. */
  readonly columns: readonly string[];
  /** `CREATE INDEX …`, as `pg_get_indexdef` gives it. */
  readonly definition: string;
  readonly unique: boolean;
  readonly valid: boolean;
}

export function findTable(catalogue: Catalogue, name: string): Table | undefined {
  return catalogue.tables.find((table) => table.name === name);
}

export function findColumn(table: Table, name: string): Column | undefined {
  return table.columns.find((column) => column.name === name);
}

export function findIndex(
  catalogue: Catalogue,
  name: string,
): { readonly table: Table; readonly index: Index } | undefined {
  return catalogue.tables
    .flatMap((table) => table.indexes.map((index) => ({ table, index })))
    .find(({ index }) => index.name === name);
}

export function primaryKeyOf(table: Table): Constraint | undefined {
  return table.constraints.find(({ kind }) => kind === 'primary key');
}

/** Whether an INSERT that names neither it nor what stands for it gives a value to it alone. */
export function isGiven({ default: value, generated }: Column, successors: readonly Column[]): boolean {
  const hasValue = value !== undefined || generated === 'identity';
  return hasValue && !successors.some((column) => column.inViewOnly === true && column.default !== undefined);
}

/** Until contract the database calls it, or a column of it, otherwise than the version does. */
export function isRenamed({ name, physical, columns }: Table): boolean {
  return name !== physical || columns.some((column) => column.name !== column.physical);
}

/** Where the table is now, quoted. */
export function placeOfTable({ schema }: Catalogue, { physical }: Pick<Table, 'physical'>): string {
  return qualified(schema, physical);
}

/** The row as the version sees it. */
export function scopeOf({ name, columns }: Table): Scope {
  return { table: name, columns: columns.map((column) => ({ name: column.name, physical: column.physical })) };
}

export function isTakenTable(catalogue: Catalogue, physical: string): boolean {
  return catalogue.hidden.includes(physical) || catalogue.tables.some((table) => table.physical === physical);
}

/** Tables and indexes of a schema share their names. */
export function isTakenRelation(catalogue: Catalogue, name: string): boolean {
  return isTakenTable(catalogue, name) || findIndex(catalogue, name) !== undefined;
}

export function isTakenColumn(table: Table, physical: string): boolean {
  return table.hidden.includes(physical) || table.columns.some((column) => column.physical === physical);
}

/** Whether the table has the column in the database, under whatever name a version knows it. */
export function hasPhysicalColumn({ tables }: Catalogue, table: Table, { physical }: Column): boolean {
  const found = tables.find((each) => each.physical === table.physical);
  return found !== undefined && isTakenColumn(found, physical);
}

export function withTable(catalogue: Catalogue, table: Table): Catalogue {
  return { ...catalogue, tables: [...catalogue.tables, table] };
}

/** The table goes out of the version's sight and stays where it is. */
export function withoutTable(catalogue: Catalogue, { name, physical }: Table): Catalogue {
  return {
    ...catalogue,
    tables: catalogue.tables.filter((table) => table.name !== name),
    hidden: [...catalogue.hidden, physical],
  };
}

/** `change` of the table called `name`; the others as they are. */
export function changeTable(catalogue: Catalogue, name: string, change: (table: Table) => Table): Catalogue {
  return { ...catalogue, tables: catalogue.tables.map((table) => (table.name === name ? change(table) : table)) };
}

export function withColumn(table: Table, column: Column): Table {
  return { ...table, columns: [...table.columns, column] };
}

/** The column goes out of the version's sight and stays where it is. */
export function withoutColumn(table: Table, { name, physical }: Column): Table {
  return {
    ...table,
    columns: table.columns.filter((column) => column.name !== name),
    hidden: [...table.hidden, physical],
  };
}

/** In its place: the order of columns is what `select *` gives. A physical column it no longer uses is hidden. */
export function changeColumn(table: Table, name: string, change: (column: Column) => Column): Table {
  const before = findColumn(table, name);
  const columns = table.columns.map((column) => (column.name === name ? change(column) : column));
  const left = before !== undefined && !columns.some(({ physical }) => physical === before.physical);
  return { ...table, columns, hidden: left ? [...table.hidden, before.physical] : table.hidden };
}
