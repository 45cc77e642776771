import type { z } from 'zod';
import { listOf, mapping, name, text } from './body-schema.js';
import {
  type Catalogue,
  type Column,
  findColumn,
  findTable,
  type Constraint,
  isTakenTable,
  type Table,
  withTable,
} from './catalogue.js';
import { missingColumn, missingTable, refuseNotUnique, requireColumns } from './checks.js';
import {
  columnSchema,
  type NewColumn,
  type TableConstraint,
  tableConstraintSchema,
  type TableReference,
} from './column-schema.js';
import { asTableReference, checkSql, columnSql, foreignKeySql, tableConstraintSql } from './constraint-sql.js';
import { literal, qualified, quoted } from './names.js';
import type { OperationKind, OperationProblem, Situation } from './operation.js';

const schema = mapping(
  {
    name: name('the name of the table'),
    columns: listOf(columnSchema, 'a list of columns'),
    comment: text('a text').optional(),
    constraints: listOf(tableConstraintSchema, 'a list of constraints').optional(),
  },
  'name and columns',
);
type Body = z.output<typeof schema>;

export const createTable: OperationKind<Body> = {
  name: 'create_table',
  manual: {
    purpose: 'Makes a table.',
    expand: {
      does: 'makes it with its columns, constraints and comment',
      locks: 'the tables its foreign keys refer to, for a moment, against writes',
    },
    rollback: { does: 'drops it', locks: 'the tables its foreign keys refer to, for a moment' },
    loses: 'what the new version wrote into it',
  },
  schema,
  check: (body, { catalogue }) => [
    ...refuseTakenName(catalogue, body.name),
    ...refuseTwice(body.columns, 'columns'),
    ...refuseTwice(body.constraints ?? [], 'constraints'),
    ...body.columns.flatMap((column, index) =>
      checkReference(column, body, catalogue, ['columns', index, 'references']),
    ),
    ...(body.constraints ?? []).flatMap((constraint, index) =>
      checkConstraint(constraint, body, catalogue, ['constraints', index]),
    ),
  ],
  plan(body, situation) {
    const { catalogue, names } = situation;
    const physical = isTakenTable(catalogue, body.name) ? names.standIn(body.name) : body.name;
    const place = qualified(catalogue.schema, physical);
    const comments = [
      ...(body.comment === undefined ? [] : [`comment on table ${place} is ${literal(body.comment)}`]),
      ...body.columns.flatMap((column) =>
        column.comment === undefined
          ? []
          : [`comment on column ${place}.${quoted(column.name)} is ${literal(column.comment)}`],
      ),
    ];
    return {
      after: withTable(catalogue, tableOf(body, physical)),
      verdict: { goingBack: 'safe', loses: `what the new version wrote into ${body.name}` },
      expand: [
        {
          do: 'cut',
          statements: [`create table ${place} (${partsOf(body, physical, situation).join(', ')})`, ...comments],
        },
      ],
      rollback: [{ do: 'cut', statements: [`drop table if exists ${place}`] }],
    };
  },
};

function refuseTakenName(catalogue: Catalogue, table: string): readonly OperationProblem[] {
  if (findTable(catalogue, table) === undefined) return [];
  return [
    {
      path: ['name'],
      message: `expected a name of its own, found another table ${JSON.stringify(table)} in ${catalogue.schema}`,
    },
  ];
}

function refuseTwice(entries: readonly { readonly name: string }[], where: string): readonly OperationProblem[] {
  return entries.flatMap((entry, index) =>
    entries.findIndex((other) => other.name === entry.name) === index
      ? []
      : [
          {
            path: [where, index, 'name'],
            message: `expected a name of its own, found ${JSON.stringify(entry.name)} twice`,
          },
        ],
  );
}

function checkReference(column: NewColumn, body: Body, catalogue: Catalogue, path: OperationProblem['path']) {
  return column.references === undefined ? [] : checkTarget(asTableReference(column.references), body, catalogue, path);
}

function checkTarget(reference: TableReference, body: Body, catalogue: Catalogue, path: OperationProblem['path']) {
  const target = reference.table === body.name ? tableOf(body, body.name) : findTable(catalogue, reference.table);
  if (target === undefined) return [missingTable(catalogue, reference.table, [...path, 'table'])];
  const columns = reference.columns.map((each) => findColumn(target, each));
  const missing = reference.columns.filter((each) => findColumn(target, each) === undefined);
  if (missing.length > 0) return missing.map((each) => missingColumn(target, each, path));
  return refuseNotUnique(
    target,
    columns.filter((each) => each !== undefined),
    path,
  );
}

function checkConstraint(
  constraint: TableConstraint,
  body: Body,
  catalogue: Catalogue,
  path: OperationProblem['path'],
) {
  const needs = {
    unique: 'columns',
    primary_key: 'columns',
    foreign_key: 'references',
    check: 'check',
    exclude: 'exclude',
  } as const;
  const missing = [needs[constraint.type], ...(constraint.type === 'foreign_key' ? (['columns'] as const) : [])].filter(
    (key) => constraint[key] === undefined,
  );
  const { references } = constraint;
  return [
    ...missing.map((key) => ({
      path,
      message: `expected ${key} in a constraint of type ${constraint.type}, found none`,
    })),
    ...requireColumns(tableOf(body, body.name), constraint.columns ?? [], [...path, 'columns']),
    ...(references === undefined ? [] : checkTarget(references, body, catalogue, [...path, 'references'])),
  ];
}

function partsOf(body: Body, physical: string, { catalogue }: Situation): readonly string[] {
  const place = (reference: TableReference) => {
    const target = reference.table === body.name ? tableOf(body, physical) : findTable(catalogue, reference.table);
    if (target === undefined)
      throw new Error(`a plan was made for a reference to ${reference.table}, which is not there`);
    const columns = reference.columns.map((each) => findColumn(target, each)?.physical ?? each);
    return { schema: catalogue.schema, table: target.physical, columns };
  };
  const key = body.columns.filter(({ pk }) => pk === true);
  return [
    ...body.columns.map(columnSql),
    ...(key.length === 0 ? [] : [`primary key (${key.map((column) => quoted(column.name)).join(', ')})`]),
    ...body.columns.flatMap(({ check }) =>
      check === undefined ? [] : [`constraint ${quoted(check.name)} ${checkSql(check.constraint, check)}`],
    ),
    ...body.columns.flatMap(({ name: column, references }) => {
      if (references === undefined) return [];
      const reference = asTableReference(references);
      return [`constraint ${quoted(references.name)} ${foreignKeySql([column], place(reference), reference)}`];
    }),
    ...(body.constraints ?? []).map((constraint) => tableConstraintSql(constraint, place)),
  ];
}

function tableOf(body: Body, physical: string): Table {
  return {
    name: body.name,
    physical,
    columns: body.columns.map(columnOf),
    hidden: [],
    constraints: constraintsOf(body),
    indexes: [],
    rowSecurity: false,
    partitioned: false,
    isNew: true,
  };
}

/** As the version sees it; for a type that stands for more, such as serial, with what it stands for left out. */
export function columnOf(column: NewColumn): Column {
  const { generated, default: value, comment } = column;
  return {
    name: column.name,
    physical: column.name,
    type: column.type,
    nullable: column.nullable === true && column.pk !== true,
    ...(value === undefined ? {} : { default: value }),
    ...(generated === undefined ? {} : { generated: generated.identity === undefined ? 'stored' : 'identity' }),
    ...(comment === undefined ? {} : { comment }),
  };
}

function constraintsOf(body: Body): readonly Constraint[] {
  const made = { validated: true };
  const key = body.columns.filter(({ pk }) => pk === true).map((column) => column.name);
  return [
    ...(key.length === 0
      ? []
      : [{ ...made, name: `${body.name}_pkey`, kind: 'primary key' as const, columns: key, definition: '' }]),
    ...body.columns.flatMap((column): Constraint[] => [
      ...(column.unique === true
        ? [
            {
              ...made,
              name: `${body.name}_${column.name}_key`,
              kind: 'unique' as const,
              columns: [column.name],
              definition: '',
            },
          ]
        : []),
      ...(column.check === undefined
        ? []
        : [
            {
              ...made,
              name: column.check.name,
              kind: 'check' as const,
              columns: [column.name],
              definition: checkSql(column.check.constraint),
            },
          ]),
      ...(column.references === undefined
        ? []
        : [
            {
              ...made,
              name: column.references.name,
              kind: 'foreign key' as const,
              columns: [column.name],
              definition: '',
            },
          ]),
    ]),
    ...(body.constraints ?? []).map((constraint) => ({
      ...made,
      name: constraint.name,
      kind: kinds[constraint.type],
      columns: constraint.columns ?? [],
      definition: constraint.check === undefined ? '' : checkSql(constraint.check),
    })),
  ];
}

const kinds = {
  unique: 'unique',
  check: 'check',
  primary_key: 'primary key',
  foreign_key: 'foreign key',
  exclude: 'exclude',
} as const;
