import type { z } from 'zod';
import { mapping, name, sql } from './body-schema.js';
import {
  changeTable,
  type Column,
  findColumn,
  findTable,
  isTakenColumn,
  placeOfTable,
  scopeOf,
  type Table,
  withColumn,
} from './catalogue.js';
import { missingColumn, missingTable, refuseNotUnique, refuseTakenConstraint, requireTable } from './checks.js';
import { refersToRow } from './column-copies.js';
import { columnSchema, type Reference } from './column-schema.js';
import { asTableReference, columnSql, foreignKeySql } from './constraint-sql.js';
import { columnOf } from './create-table.js';
import { isSameForAllRows, trialOf } from './expression.js';
import { fitName, literal, qualified, quoted } from './names.js';
import type { OperationKind, OperationProblem, Situation, Sync, Trial } from './operation.js';
import { cutOf, phasedCheck, phasedForeignKey, phasedNotNull, phasedUnique, together } from './phased-constraint.js';

const schema = mapping(
  {
    table: name('the name of the table'),
    column: columnSchema,
    up: sql('an SQL expression for the rows that the old version writes').optional(),
  },
  'table and column',
);
type Body = z.output<typeof schema>;

export const addColumn: OperationKind<Body> = {
  name: 'add_column',
  manual: {
    purpose:
      'Adds a column. With `up`, or with a default that is another for each row, the rows that are there are filled in batches, and every row the old version writes is filled by a trigger.',
    expand: {
      does: 'adds the column, its constraints not yet proven, and the trigger',
      locks: 'the table, for a moment; with a foreign key also the table it refers to, against writes',
    },
    backfill: {
      does: 'fills the rows, proves the constraints and builds the index of `unique`',
      locks: 'the table, for a moment, when that index becomes its constraint',
    },
    contract: {
      does: 'makes it `NOT NULL`, gives it its default and removes the trigger',
      locks: 'the table, for a moment',
    },
    rollback: {
      does: 'drops the column',
      locks: 'the table, for a moment; with a foreign key also the table it refers to',
    },
    loses: 'what the new version wrote into it',
  },
  schema,
  check: (body, situation) =>
    requireTable(situation.catalogue, body.table, (table) => [
      ...refuseTakenName(table, body),
      ...refuseRewrite(table, body),
      ...refuseEmpty(table, body),
      ...checkReference(body, situation),
      ...(body.column.check === undefined
        ? []
        : refuseTakenConstraint(table, body.column.check.name, ['column', 'check', 'name'])),
    ]),
  plan(body, situation) {
    const { catalogue } = situation;
    const table = tableOf(body, situation);
    const place = placeOfTable(catalogue, table);
    const { column, filled } = newColumn(body, table, situation);
    const tableAfter = withColumn(table, column);
    const constraints = constraintsOf(body, { table: tableAfter, column, filled, situation });
    const definition = columnSql({
      ...body.column,
      name: column.physical,
      nullable: filled !== undefined || body.column.nullable === true,
      unique: false,
      ...(filled === undefined ? {} : { default: undefined }),
    });
    const atCut =
      filled !== undefined && body.column.default !== undefined
        ? [`alter table ${place} alter column ${quoted(column.physical)} set default ${body.column.default}`]
        : [];
    const expand = [
      `alter table ${place} add column ${definition}`,
      ...(body.column.comment === undefined
        ? []
        : [`comment on column ${place}.${quoted(column.physical)} is ${literal(body.column.comment)}`]),
      ...constraints.expand,
    ];
    const sync: Sync | undefined =
      filled === undefined
        ? undefined
        : {
            table: table.physical,
            ups: [
              {
                column: column.physical,
                type: column.type,
                expression: filled,
                scope: scopeOf(table),
                accepts: constraints.accepts,
              },
            ],
          };
    return {
      after: changeTable(catalogue, table.name, () => ({
        ...tableAfter,
        constraints: [...table.constraints, ...constraintNames(body)],
      })),
      verdict: { goingBack: 'safe', loses: `what the new version wrote into ${table.name}.${column.name}` },
      trials: trialsOf(body, table, place),
      expand: cutOf(table.physical, expand),
      ...(sync === undefined ? {} : { syncs: [sync] }),
      settle: constraints.settle,
      contract: { prepare: constraints.prepare, cut: cutOf(table.physical, [...constraints.cut, ...atCut]) },
      rollback: cutOf(table.physical, [
        `alter table if exists ${place} drop column if exists ${quoted(column.physical)}`,
      ]),
    };

    function constraintNames({ column: { check } }: Body): Table['constraints'] {
      if (check === undefined) return [];
      const condition = `CHECK (${check.constraint})`;
      return [{ name: check.name, kind: 'check', columns: [column.physical], definition: condition, validated: true }];
    }
  },
};

/** The column as the version sees it, and by what its rows are filled; `undefined` when the server does it itself. */
function newColumn({ column: body, up }: Body, table: Table, { names }: Situation) {
  const byDefault = body.default !== undefined && !isSameForAllRows(body.default) && table.isNew !== true;
  const filled = table.isNew === true ? undefined : (up ?? (byDefault ? body.default : undefined));
  const physical = isTakenColumn(table, body.name) ? names.standIn(body.name) : body.name;
  const inViewOnly = filled !== undefined && body.default !== undefined;
  const column: Column = { ...columnOf(body), physical, ...(inViewOnly ? { inViewOnly } : {}) };
  return { column, filled };
}

interface ConstraintOrder {
  readonly table: Table;
  readonly column: Column;
  readonly filled: string | undefined;
  readonly situation: Situation;
}

function constraintsOf({ column: body }: Body, { table, column, filled, situation }: ConstraintOrder) {
  const { catalogue, names } = situation;
  const place = placeOfTable(catalogue, table);
  const where = {
    schema: catalogue.schema,
    table: table.physical,
    place,
    marker: filled === undefined ? undefined : names.marker,
    standIn: (purpose: string) => names.standIn(`${table.physical}_${column.physical}`, purpose),
    scope: scopeOf(table),
  };
  return together([
    // Without a filling the column is NOT NULL at once: its default gives every row the same value.
    ...(column.nullable || filled === undefined ? [] : [phasedNotNull(where, column)]),
    ...(body.check === undefined
      ? []
      : [
          phasedCheck(where, {
            name: body.check.name,
            condition: body.check.constraint,
            noInherit: body.check.no_inherit,
          }),
        ]),
    ...(body.references === undefined
      ? []
      : [phasedForeignKey(where, foreignKey(body.references, column, table, situation))]),
    ...(body.unique === true
      ? [phasedUnique(where, { name: fitName(`${table.name}_${column.name}_key`), columns: [column.physical] })]
      : []),
  ]);
}

function foreignKey(references: Reference, column: Column, table: Table, { catalogue }: Situation) {
  const target = findTable(catalogue, references.table);
  const key = target && findColumn(target, references.column);
  if (target === undefined || key === undefined)
    throw new Error(`no key ${references.table}.${references.column} to refer to`);
  const place = { schema: catalogue.schema, table: target.physical, columns: [key.physical] };
  return {
    name: references.name,
    definition: foreignKeySql([column.physical], place, asTableReference(references)),
    isThere: refersToRow({
      row: table.name,
      columns: [column.name],
      target: qualified(catalogue.schema, target.physical),
      keys: place.columns,
    }),
  };
}

function trialsOf({ column, up }: Body, table: Table, place: string): readonly Trial[] {
  const scope = scopeOf(table);
  const type = { path: ['column', 'type'], sql: `select cast(null as ${column.type})` };
  const value = (expression: string) => trialOf(expression, { type: column.type });
  const defaults = column.default === undefined ? [] : [{ path: ['column', 'default'], sql: value(column.default) }];
  if (table.isNew === true || up === undefined) return [type, ...defaults];
  return [type, ...defaults, { path: ['up'], sql: trialOf(up, { type: column.type, rows: { scope, place } }) }];
}

function tableOf({ table: name }: Body, { catalogue }: Situation): Table {
  const table = findTable(catalogue, name);
  if (table === undefined) throw new Error(`a plan was made for the table ${name}, which is not there`);
  return table;
}

function refuseTakenName(table: Table, { column }: Body): readonly OperationProblem[] {
  if (findColumn(table, column.name) === undefined) return [];
  const message = `expected a column that ${table.name} does not have, found ${JSON.stringify(column.name)} there`;
  return [{ path: ['column', 'name'], message }];
}

/** What makes the server write the whole table anew while nobody may read it. */
function refuseRewrite(table: Table, { column }: Body): readonly OperationProblem[] {
  const at = (path: OperationProblem['path'], message: string) => [{ path: ['column', ...path], message }];
  if (column.pk === true) {
    return at(
      ['pk'],
      `expected a primary key to be made by create_constraint, found it in a column that is added to ${table.name}`,
    );
  }
  if (table.isNew === true) return [];
  if (/^\s*(small|big)?serial[248]?\s*$/i.test(column.type)) {
    return at(
      ['type'],
      `expected a type that fills no rows by itself, found ${column.type}, for which ${table.name} would be written anew under a lock; add it as bigint, nullable or with up`,
    );
  }
  if (column.generated === undefined) return [];
  return at(
    ['generated'],
    `expected a plain column, found a generated one, for which ${table.name} would be written anew under a lock; add a plain column with up`,
  );
}

/** NOT NULL, and nothing that would say what stands in the rows that are there. */
function refuseEmpty(table: Table, { column, up }: Body): readonly OperationProblem[] {
  const isFilled = column.nullable === true || column.default !== undefined || up !== undefined;
  if (isFilled || column.generated !== undefined || table.isNew === true) return [];
  return [
    {
      path: ['column'],
      message: `expected nullable: true, a default or up, found none: the rows of ${table.name} would have no value for ${column.name}`,
    },
  ];
}

function checkReference({ column: { references } }: Body, { catalogue }: Situation): readonly OperationProblem[] {
  if (references === undefined) return [];
  const path = ['column', 'references'];
  const target = findTable(catalogue, references.table);
  if (target === undefined) return [missingTable(catalogue, references.table, [...path, 'table'])];
  const key = findColumn(target, references.column);
  return key === undefined
    ? [missingColumn(target, references.column, [...path, 'column'])]
    : refuseNotUnique(target, [key], path);
}
