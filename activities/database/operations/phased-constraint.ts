import type { IndexDefinition } from '../index-definition.js';
import { quoted } from './names.js';
import type { Cut, LoneStatement, Scope, Step, SyncUp } from './operation.js';
import { inPhysicalNames } from './expression.js';

/** How a constraint comes to hold on a table in use: never checked over the whole table under a lock. */
export interface PhasedConstraint {
  readonly expand: readonly string[];
  readonly accepts: NonNullable<SyncUp['accepts']>;
  readonly settle: readonly Step[];
  readonly prepare: readonly Step[];
  readonly cut: readonly string[];
  /** At the end of the cut, when names are free and columns NOT NULL. */
  readonly finish?: readonly string[];
}

export interface ConstraintPlace {
  readonly schema: string;
  /** Physical name of the table, and the same in its schema and quoted. */
  readonly table: string;
  readonly place: string;
  /** The marker of filled rows, when the column is filled by a sync: rows that are not filled are left in peace. */
  readonly marker?: string | undefined;
  /** Gives the constraints that are there for a while their names. */
  readonly standIn: (purpose: string) => string;
  /** The row as the new version sees it. */
  readonly scope: Scope;
}

/** As a check, which can be validated under a weak lock; the server then takes its word for NOT NULL. */
export function phasedNotNull(
  where: ConstraintPlace,
  column: { readonly name: string; readonly physical: string },
): PhasedConstraint {
  const { table, place, marker, standIn, scope } = where;
  const isThere = `${quoted(column.physical)} is not null`;
  const soft = standIn('soft_null');
  const hard = standIn('null');
  const firm: Step[] = [
    { do: 'cut', table, statements: [addCheck(place, hard, isThere)] },
    validate(table, place, hard),
  ];
  const cut = [`alter table ${place} alter column ${quoted(column.physical)} set not null`, drop(place, hard)];
  if (marker === undefined) return { expand: [], accepts: [], settle: firm, prepare: [], cut };
  return {
    expand: [addCheck(place, soft, `${isThere} or ${quoted(marker)} is not true`)],
    accepts: [{ expression: `${quoted(column.name)} is not null`, scope }],
    settle: [validate(table, place, soft)],
    prepare: firm,
    cut: [...cut, drop(place, soft)],
  };
}

/** `condition` names the columns as the new version does. */
export function phasedCheck(
  where: ConstraintPlace,
  check: { readonly name: string; readonly condition: string; readonly noInherit?: boolean | undefined },
): PhasedConstraint {
  const { table, place, marker, standIn, scope } = where;
  const condition = inPhysicalNames(check.condition, scope);
  const suffix = check.noInherit === true ? ' no inherit' : '';
  const add = addCheck(place, check.name, condition, suffix);
  if (marker === undefined) {
    return { expand: [add], accepts: [], settle: [validate(table, place, check.name)], prepare: [], cut: [] };
  }
  const soft = standIn(`soft_${check.name}`);
  return {
    expand: [addCheck(place, soft, `(${condition}) or ${quoted(marker)} is not true`, suffix)],
    accepts: [{ expression: check.condition, scope }],
    settle: [validate(table, place, soft)],
    prepare: [{ do: 'cut', table, statements: [add] }, validate(table, place, check.name)],
    cut: [drop(place, soft)],
  };
}

/** `definition`: `foreign key (…) references …`, in physical names. `isThere`: whether the other row is, over the new row. */
export function phasedForeignKey(
  { table, place, marker, scope }: ConstraintPlace,
  key: { readonly name: string; readonly definition: string; readonly isThere: string },
): PhasedConstraint {
  return {
    expand: [`alter table ${place} add constraint ${quoted(key.name)} ${key.definition} not valid`],
    accepts: marker === undefined ? [] : [{ expression: key.isThere, scope }],
    settle: [validate(table, place, key.name)],
    prepare: [],
    cut: [],
  };
}

/**
 * By an index that is built concurrently and then taken for the constraint. A primary key waits for the cut, in which its
 * columns are NOT NULL: the server would look through all rows for nulls.
 */
export function phasedUnique(
  { schema, table, place }: Pick<ConstraintPlace, 'schema' | 'table' | 'place'>,
  key: {
    readonly name: string;
    readonly columns: readonly string[];
    readonly kind?: 'unique' | 'primary key';
    readonly index?: Partial<IndexDefinition>;
    /** `deferrable initially deferred` */
    readonly timing?: string;
  },
): PhasedConstraint {
  const { kind = 'unique', timing = '' } = key;
  const name = quoted(key.name);
  const attach = `alter table ${place} add constraint ${name} ${kind} using index ${name} ${timing}`.trimEnd();
  const build: Step = {
    do: 'build-index',
    index: {
      elements: key.columns.map((column) => quoted(column)).join(', '),
      ...key.index,
      table: { schema, name: table },
      name: key.name,
      unique: true,
    },
  };
  const isKey = kind === 'primary key';
  return {
    expand: [],
    accepts: [],
    settle: isKey ? [build] : [build, { do: 'cut', table, statements: [attach] }],
    prepare: [],
    cut: [],
    finish: isKey ? [attach] : [],
  };
}

/** Several as one. */
export function together(constraints: readonly PhasedConstraint[]): PhasedConstraint {
  return {
    expand: constraints.flatMap(({ expand }) => expand),
    accepts: constraints.flatMap(({ accepts }) => accepts),
    settle: constraints.flatMap(({ settle }) => settle),
    prepare: constraints.flatMap(({ prepare }) => prepare),
    cut: constraints.flatMap(({ cut }) => cut),
    finish: constraints.flatMap(({ finish }) => finish ?? []),
  };
}

export function validate(table: string, place: string, name: string): LoneStatement {
  return { do: 'alone', table, sql: `alter table ${place} validate constraint ${quoted(name)}` };
}

/** None where there is nothing to do. */
export function cutOf(table: string, statements: readonly string[], lock?: Cut['lock']): readonly Cut[] {
  return statements.length === 0 ? [] : [{ do: 'cut', table, statements, ...(lock === undefined ? {} : { lock }) }];
}

function addCheck(place: string, name: string, condition: string, suffix = ''): string {
  return `alter table ${place} add constraint ${quoted(name)} check (${condition})${suffix} not valid`;
}

function drop(place: string, name: string): string {
  return `alter table ${place} drop constraint if exists ${quoted(name)}`;
}
