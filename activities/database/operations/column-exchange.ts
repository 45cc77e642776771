import type { z } from 'zod';
import { flag, mapping, name, sql, text } from './body-schema.js';
import {
  changeTable,
  type Column,
  findColumn,
  isGiven,
  isTakenColumn,
  placeOfTable,
  scopeOf,
  type Table,
} from './catalogue.js';
import { columnIn, missingColumn, refuseTakenColumn, tableOf } from './checks.js';
import { refuseLeaving } from './leaving-checks.js';
import { trialOfTies } from './column-ties.js';
import { overRow, trialOf, trialRows, valueOf } from './expression.js';
import { quoted } from './names.js';
import { newColumnSql } from './new-column.js';
import type { OperationPlan, OperationProblem, Situation, Trial } from './operation.js';
import { cutOf, phasedNotNull, together } from './phased-constraint.js';

type Path = OperationProblem['path'];

/** A column that the new version has instead. */
export const exchangedSchema = mapping(
  {
    name: name('the name of the new column'),
    type: sql('a type, such as text or numeric(10,2)'),
    nullable: flag('whether it may be null').optional(),
    default: sql('an SQL expression as a string, such as "0" or "now()"').optional(),
    comment: text('a text').optional(),
    up: sql('an SQL expression for what the old version writes'),
  },
  'name, type and up',
);

/** Columns that go at contract, and columns that stand for the same from expand on. */
export interface Exchange {
  readonly table: string;
  readonly olds: readonly {
    readonly column: string;
    readonly down: string;
    readonly path: Path;
    readonly downPath: Path;
  }[];
  readonly news: readonly (z.output<typeof exchangedSchema> & { readonly path: Path })[];
}

export function checkExchange(
  { olds, news }: Exchange,
  table: Table,
  situation: Situation,
): readonly OperationProblem[] {
  if (table.isNew === true) {
    const message = `expected a table that is there, found ${table.name}, which is made in the same file; make it with the columns it is to have`;
    return [{ path: ['table'], message }];
  }
  const leaving = (column: string) => olds.some((old) => old.column === column);
  return [
    ...olds.flatMap(({ column, path }, at) => {
      if (findColumn(table, column) === undefined) return [missingColumn(table, column, path)];
      if (olds.findIndex((old) => old.column === column) < at) return [twice(column, path)];
      return refuseLeaving({ table, name: column, path }, situation);
    }),
    ...news.flatMap(({ name: fresh, path }, at) => {
      if (news.findIndex((other) => other.name === fresh) < at) return [twice(fresh, [...path, 'name'])];
      return leaving(fresh) ? [] : refuseTakenColumn(table, fresh, [...path, 'name']);
    }),
  ];
}

function twice(column: string, path: Path): OperationProblem {
  return { path, message: `expected each column once, found ${JSON.stringify(column)} again` };
}

/** Everything but the verdict. */
export function planExchange(exchange: Exchange, situation: Situation): Omit<OperationPlan, 'verdict'> {
  const { catalogue, names } = situation;
  const table = tableOf(catalogue, exchange.table);
  const place = placeOfTable(catalogue, table);
  const olds = exchange.olds.map((old) => ({ ...old, before: columnIn(table, old.column) }));
  const news = exchange.news.map((fresh) => ({ ...fresh, after: newColumn(fresh, table, situation) }));
  const after = exchanged(table, {
    olds: olds.map(({ before }) => before),
    news: news.map(({ after: column }) => column),
  });
  const required = news.filter(({ after: column }) => !column.nullable);
  const where = (column: Column) => ({
    schema: catalogue.schema,
    table: table.physical,
    place,
    marker: names.marker,
    standIn: (purpose: string) => names.standIn(`${table.physical}_${column.name}`, purpose),
    scope: scopeOf(after),
  });
  const notNull = new Map(required.map(({ after: column }) => [column.name, phasedNotNull(where(column), column)]));
  const constraints = together([...notNull.values()]);
  return {
    after: changeTable(catalogue, table.name, () => after),
    trials: trialsOf({ table, after, place, olds, news, situation }),
    expand: cutOf(table.physical, [
      ...news.flatMap(({ after: column }) =>
        newColumnSql(column, { place, like: olds.map(({ before }) => before.physical) }),
      ),
      ...constraints.expand,
    ]),
    syncs: [
      {
        table: table.physical,
        ups: news.map(({ after: column, up }) => ({
          column: column.physical,
          type: column.type,
          expression: up,
          scope: scopeOf(table),
          accepts: notNull.get(column.name)?.accepts ?? [],
        })),
        downs: olds.map(({ before, down }) => ({
          column: before.physical,
          type: before.type,
          expression: down,
          scope: scopeOf(after),
          required: !before.nullable,
          given: isGiven(
            before,
            news.map((each) => each.after),
          ),
        })),
      },
    ],
    settle: constraints.settle,
    contract: {
      prepare: constraints.prepare,
      cut: cutOf(table.physical, [
        ...constraints.cut,
        ...news.flatMap(({ after: { physical, default: value } }) =>
          value === undefined ? [] : [`alter table ${place} alter column ${quoted(physical)} set default ${value}`],
        ),
        ...olds.map(({ before }) => `alter table ${place} drop column if exists ${quoted(before.physical)}`),
      ]),
    },
    rollback: cutOf(
      table.physical,
      news.map(
        ({ after: column }) => `alter table if exists ${place} drop column if exists ${quoted(column.physical)}`,
      ),
    ),
  };
}

/** Its default is in the view: in the table it would make a row that the old version inserts look like the new one's. */
function newColumn(fresh: Exchange['news'][number], table: Table, { names }: Situation): Column {
  const { name: logical, type, nullable = false, default: value, comment } = fresh;
  return {
    name: logical,
    physical: isTakenColumn(table, logical) ? names.standIn(logical) : logical,
    type,
    nullable,
    inViewOnly: true,
    ...(value === undefined ? {} : { default: value }),
    ...(comment === undefined ? {} : { comment }),
  };
}

/** The new columns where the first of the old ones was: the order is what `select *` gives. */
function exchanged(
  table: Table,
  { olds, news }: { readonly olds: readonly Column[]; readonly news: readonly Column[] },
) {
  const isOld = (column: Column) => olds.some(({ name: old }) => old === column.name);
  const first = table.columns.find(isOld);
  const hidden = olds.map(({ physical }) => physical);
  const mentionsOld = ({ columns }: { readonly columns: readonly string[] }) =>
    columns.some((column) => hidden.includes(column));
  return {
    ...table,
    columns: table.columns.flatMap((column) => (column === first ? news : isOld(column) ? [] : [column])),
    hidden: [...table.hidden, ...hidden],
    constraints: table.constraints.filter((constraint) => constraint.kind !== 'not null' || !mentionsOld(constraint)),
    indexes: table.indexes.filter((index) => !mentionsOld(index)),
  };
}

interface TrialOrder {
  readonly table: Table;
  readonly after: Table;
  readonly place: string;
  readonly olds: readonly (Exchange['olds'][number] & { readonly before: Column })[];
  readonly news: readonly (Exchange['news'][number] & { readonly after: Column })[];
  readonly situation: Situation;
}

/** `down` of what `up` makes of rows that are there. */
function trialsOf({ table, after, place, olds, news, situation: { catalogue } }: TrialOrder): readonly Trial[] {
  const scope = scopeOf(table);
  const asOld = (physical: string) => `sluice_row.${quoted(physical)}`;
  const upOf = ({ up, type }: { readonly up: string; readonly type: string }) =>
    `(${overRow(valueOf(up, type), scope, asOld)})`;
  const asNew = (physical: string) => {
    const fresh = news.find(({ after: column }) => column.physical === physical);
    return fresh === undefined ? asOld(physical) : upOf(fresh);
  };
  return [
    ...olds.map(({ before, path }) => trialOfTies(catalogue, { table, column: before, path })),
    ...news.flatMap(({ type, default: value, up, path }) => [
      { path: [...path, 'type'], sql: `select cast(null as ${type})` },
      ...(value === undefined ? [] : [{ path: [...path, 'default'], sql: trialOf(value, { type }) }]),
      { path: [...path, 'up'], sql: trialOf(up, { type, rows: { scope, place } }) },
    ]),
    ...olds.map(({ before, down, downPath }) => ({
      path: downPath,
      sql: `create temporary table sluice_trial (value ${before.type}) on commit drop;
insert into sluice_trial select (${overRow(valueOf(down, before.type), scopeOf(after), asNew)}) from (select * from ${place} limit ${trialRows}) as sluice_row`,
    })),
  ];
}
