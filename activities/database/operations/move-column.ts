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
  withoutColumn,
} from './catalogue.js';
import { columnIn, isUnique, missingColumn, missingTable, refuseTakenColumn, requireTable, tableOf } from './checks.js';
import { trialOfTies } from './column-ties.js';
import { moveTriggers, type Movement } from './column-movement.js';
import { trialOf, trialRows } from './expression.js';
import { refuseLeaving } from './leaving-checks.js';
import { qualified, quoted } from './names.js';
import { newColumnSql } from './new-column.js';
import type { OperationKind, OperationProblem, Situation } from './operation.js';
import { cutOf } from './phased-constraint.js';

const schema = mapping(
  {
    table: name('the name of the table'),
    column: name('the name of the column'),
    to: name('the name of the table it moves to'),
    name: name('the name it has there').optional(),
    key: mapping(
      { from: name('the name of a column of table'), to: name('the name of a column of to') },
      'from and to, the columns whose equal values make a row of the one belong to a row of the other',
    ),
    down: sql('an SQL expression for the rows that the new version inserts').optional(),
  },
  'table, column, to and key',
);
type Body = z.output<typeof schema>;

export const moveColumn: OperationKind<Body> = {
  name: 'move_column',
  manual: {
    purpose:
      'Moves a column to another table, in which each row has at most one that belongs to it. The old version has it here, the new version there; triggers on both tables keep them the same.',
    expand: {
      does: 'adds the column to the other table, and the triggers',
      locks: 'each table, for a moment, one after the other',
    },
    backfill: { does: 'fills the rows of the other table' },
    contract: {
      does: 'removes the triggers, then drops the column with its indexes',
      locks: 'each table, for a moment, one after the other',
    },
    rollback: { does: 'drops the new column and the triggers', locks: 'each table, for a moment, one after the other' },
    loses: 'what the new version wrote into rows there to which no row here belongs',
  },
  schema,
  check: (body, situation) =>
    requireTable(situation.catalogue, body.table, (table) => {
      const other = findTable(situation.catalogue, body.to);
      if (other === undefined) return [missingTable(situation.catalogue, body.to, ['to'])];
      if (other.name === table.name) {
        return [{ path: ['to'], message: `expected another table, found ${table.name} itself; that is rename_column` }];
      }
      return [
        ...[refuseTable(table, ['table']), refuseTable(other, ['to'])].flat(),
        ...refuseKey(table, body.key.from, ['key', 'from']),
        ...refuseKey(other, body.key.to, ['key', 'to']),
        ...refuseColumn(body, table, situation),
        ...refuseTakenColumn(other, body.name ?? body.column, [body.name === undefined ? 'column' : 'name']),
      ];
    }),
  plan(body, situation) {
    const { catalogue } = situation;
    const movement = movementOf(body, situation);
    const { from, to, column, moved, key } = movement;
    const [source, target] = [placeOfTable(catalogue, from), placeOfTable(catalogue, to)];
    const { out, back } = moveTriggers(movement, situation);
    const scope = scopeOf(withoutColumn(from, column));
    const belongs = `sluice_to.${quoted(key.to.physical)} = sluice_from.${quoted(key.from.physical)}`;
    const value = `sluice_from.${quoted(column.physical)}`;
    const found = qualified(from.name, key.from.name);
    const there = `(select sluice_to.${quoted(moved.physical)} from ${target} as sluice_to where sluice_to.${quoted(key.to.physical)} = ${found})`;
    return {
      after: changeTable(
        changeTable(catalogue, from.name, () => withoutColumn(from, column)),
        to.name,
        () => withColumn(to, moved),
      ),
      verdict: {
        goingBack: 'shim',
        loses: `what the new version wrote into rows of ${to.name} to which no row of ${from.name} belongs`,
      },
      trials: [
        trialOfTies(catalogue, { table: from, column, path: ['column'] }),
        {
          path: ['key'],
          sql: `select count(*) from (select * from ${source} limit ${trialRows}) as sluice_from join ${target} as sluice_to on ${belongs}`,
        },
        ...(body.down === undefined
          ? []
          : [{ path: ['down'], sql: trialOf(body.down, { type: column.type, rows: { scope, place: source } }) }]),
      ],
      // What the old version writes must find its way before a row of the other table counts as filled.
      expand: [
        ...cutOf(to.physical, newColumnSql(moved, { place: target, like: [column.physical], of: source })),
        ...cutOf(from.physical, out.create),
        ...cutOf(to.physical, back.create),
      ],
      syncs: [
        {
          table: to.physical,
          ups: [
            {
              column: moved.physical,
              type: moved.type,
              expression: `(select ${value} from ${source} as sluice_from where ${belongs})`,
              scope: { table: 'sluice_to', columns: [{ name: key.to.physical, physical: key.to.physical }] },
            },
          ],
        },
        {
          table: from.physical,
          downs: [
            {
              column: column.physical,
              type: column.type,
              expression: body.down === undefined ? there : `coalesce(${there}, (${body.down}))`,
              scope,
            },
          ],
        },
      ],
      verify: [
        {
          what: `rows of ${from.name} with a ${column.name} that has no row of ${to.name} to go to`,
          sql: `select count(*) from ${source} as sluice_from where ${value} is not null and not exists (select from ${target} as sluice_to where ${belongs})`,
        },
        {
          what: `rows of ${from.name} whose ${column.name} is another one in ${to.name}`,
          sql: `select count(*) from ${source} as sluice_from join ${target} as sluice_to on ${belongs}
            where pg_catalog.record_image_ne(row(${value}), row(sluice_to.${quoted(moved.physical)}))`,
        },
      ],
      contract: {
        // From here on the new version alone writes: nothing may come back from where the column goes.
        prepare: [
          ...cutOf(from.physical, [
            ...out.drop,
            ...(column.nullable ? [] : [`alter table ${source} alter column ${quoted(column.physical)} drop not null`]),
          ]),
          ...cutOf(to.physical, back.drop),
        ],
        // When neither table has a trigger any more that reads it.
        cut: [{ do: 'cut', statements: [`alter table ${source} drop column if exists ${quoted(column.physical)}`] }],
      },
      rollback: [
        ...cutOf(from.physical, out.drop),
        ...cutOf(to.physical, [
          ...back.drop,
          `alter table if exists ${target} drop column if exists ${quoted(moved.physical)}`,
        ]),
      ],
    };
  },
};

function movementOf(body: Body, { catalogue, names }: Situation): Movement {
  const from = tableOf(catalogue, body.table);
  const to = tableOf(catalogue, body.to);
  const column = columnIn(from, body.column);
  const logical = body.name ?? body.column;
  const { comment } = column;
  const moved: Column = {
    name: logical,
    physical: isTakenColumn(to, logical) ? names.standIn(logical) : logical,
    type: column.type,
    nullable: true,
    ...(comment === undefined ? {} : { comment }),
  };
  return { from, to, column, moved, key: { from: columnIn(from, body.key.from), to: columnIn(to, body.key.to) } };
}

function refuseTable(table: Table, path: OperationProblem['path']): readonly OperationProblem[] {
  const found = [
    ...(table.isNew === true ? ['is made in the same file'] : []),
    ...(table.partitioned ? ['has partitions'] : []),
    ...(table.rowSecurity ? ['has row level security: a trigger would not find all rows'] : []),
  ];
  return found.map((what) => ({
    path,
    message: `expected a plain table that is there, found ${table.name}, which ${what}`,
  }));
}

/** A row that belongs to several, or to which several belong, cannot be kept in step with them. */
function refuseKey(table: Table, key: string, path: OperationProblem['path']): readonly OperationProblem[] {
  const column = findColumn(table, key);
  if (column === undefined) return [missingColumn(table, key, path)];
  if (isUnique(table, [column])) return [];
  return [
    {
      path,
      message: `expected a column of ${table.name} that is unique by itself, found ${key}, which is not; make it so with create_constraint, in an earlier file`,
    },
  ];
}

function refuseColumn(body: Body, table: Table, situation: Situation): readonly OperationProblem[] {
  const column = findColumn(table, body.column);
  const path = ['column'];
  if (column === undefined) return [missingColumn(table, body.column, path)];
  if (table.isNew === true || table.partitioned) return [];
  return [
    ...refuseLeaving({ table, name: body.column, path }, situation),
    ...refuseDefault(table, column),
    ...(column.nullable || body.down !== undefined
      ? []
      : [
          {
            path,
            message: `expected down, a value for the rows that the new version inserts, found none: ${table.name}.${column.name} may not be null`,
          },
        ]),
  ];
}

/** A row the new version inserts would have it, as if the old one had written it. */
function refuseDefault(table: Table, { name: column, default: value }: Column): readonly OperationProblem[] {
  if (value === undefined) return [];
  return [
    {
      path: ['column'],
      message: `expected a column without a default, found ${table.name}.${column}, which has ${value}: whether a version wrote it could not be told`,
    },
  ];
}
