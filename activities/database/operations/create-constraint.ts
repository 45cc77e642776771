import type { z } from 'zod';
import { flag, mapping, name, names, oneOf, sql } from './body-schema.js';
import { changeTable, findColumn, primaryKeyOf, type Table } from './catalogue.js';
import { checkExpressions, expressions, statedFor } from './column-expressions.js';
import { columnIn, missingColumn, requireTable, tableOf } from './checks.js';
import { indexParametersSchema, tableReferenceSchema } from './column-schema.js';
import { planSuccession, successorOf } from './column-successor.js';
import { addConstraintSql, checkConstraint, type NewConstraint, statedConstraint } from './new-constraint.js';
import type { OperationKind, OperationPlan, OperationProblem, Situation } from './operation.js';
import { cutOf } from './phased-constraint.js';
import { refuseSuccession } from './succession-checks.js';

const schema = mapping(
  {
    table: name('the name of the table'),
    name: name('the name of the constraint'),
    type: oneOf(['unique', 'check', 'foreign_key', 'primary_key']),
    columns: names('column').optional(),
    check: sql('an SQL condition').optional(),
    no_inherit: flag('whether it holds for this table alone').optional(),
    references: tableReferenceSchema.optional(),
    index_parameters: indexParametersSchema.optional(),
    up: expressions('what the old version writes').optional(),
    down: expressions('what the new version writes').optional(),
  },
  'table, name, type, columns, up and down',
);
type Body = z.output<typeof schema>;

export const createConstraint: OperationKind<Body> = {
  name: 'create_constraint',
  manual: {
    purpose:
      "Adds a constraint to columns of a table: unique, check, foreign key or primary key. For each of them a second column takes the place of the first, as in alter_column: the constraint is the new version's alone until contract.",
    expand: {
      does: 'adds the columns, the constraint not yet proven, and a trigger that keeps them the same by `up` and `down`',
      locks: 'the table, for a moment; with a foreign key also the table it refers to, against writes',
    },
    backfill: {
      does: 'fills the rows, then builds the index or proves the constraint. As soon as a unique index is there, the old version cannot write values of which `up` makes ones that are there already',
      locks: 'the table, for a moment, when the index becomes the constraint',
    },
    contract: {
      does: 'drops the first columns and gives the second their names',
      locks: 'the table, for a moment; with a foreign key also the table it refers to',
    },
    rollback: {
      does: 'drops the second columns',
      locks: 'the table, for a moment; with a foreign key also the table it refers to',
    },
    loses: 'what `down` does not tell of what the new version wrote',
  },
  schema,
  check: (body, situation) =>
    requireTable(situation.catalogue, body.table, (table) => {
      const missing = refuseIncomplete(body);
      if (missing.length > 0) return missing;
      const unknown = columnsOf(body).flatMap((column, at) =>
        findColumn(table, column) === undefined ? [missingColumn(table, column, ['columns', at])] : [],
      );
      if (unknown.length > 0) return unknown;
      return [
        ...refuseSecondKey(body, table),
        ...checkExpressions(columnsOf(body), { all: body.up, key: 'up' }),
        ...checkExpressions(columnsOf(body), { all: body.down, key: 'down' }),
        ...checkConstraint(
          constraintOf(body),
          { ...situation, table },
          { name: ['name'], columns: ['columns'], reference: ['references'] },
        ),
        ...columnsOf(body).flatMap((column, at) =>
          refuseSuccession({ table, name: column, path: ['columns', at] }, situation),
        ),
      ];
    }),
  plan(body, situation) {
    const { catalogue } = situation;
    const table = tableOf(catalogue, body.table);
    const constraint = constraintOf(body);
    if (table.isNew === true) return addToNew(constraint, table, situation);
    return {
      ...planSuccession({
        table,
        situation,
        added: [constraint],
        successors: columnsOf(body).map((column, at) => {
          const before = columnIn(table, column);
          const nullable = before.nullable && body.type !== 'primary_key';
          return {
            before,
            after: successorOf({ ...before, nullable }, situation),
            up: statedFor(column, { all: body.up, key: 'up', otherwise: ['columns', at] }),
            down: statedFor(column, { all: body.down, key: 'down', otherwise: ['columns', at] }),
          };
        }),
      }),
      verdict: {
        goingBack: 'shim',
        loses: `what down does not tell of ${columnsOf(body).join(', ')} that the new version wrote`,
      },
    };
  },
};

function addToNew(constraint: NewConstraint, table: Table, { catalogue }: Situation): OperationPlan {
  return {
    after: changeTable(catalogue, table.name, (before) => ({
      ...before,
      constraints: [...before.constraints, statedConstraint(constraint, table, catalogue)],
    })),
    verdict: { goingBack: 'safe', loses: 'nothing' },
    expand: cutOf(table.physical, [addConstraintSql(constraint, table, catalogue)]),
  };
}

/** Those a check is about are told by its expressions where they are not listed. */
function columnsOf({ columns, up }: Body): readonly string[] {
  return columns ?? Object.keys(up ?? {});
}

function constraintOf(body: Body): NewConstraint {
  const { name, type, check, no_inherit: noInherit, references, index_parameters: parameters } = body;
  const columns = columnsOf(body);
  switch (type) {
    case 'check':
      return { kind: 'check', name, condition: check ?? '', noInherit };
    case 'foreign_key':
      return { kind: 'foreign key', name, columns, reference: references ?? { table: '', columns: [] } };
    case 'unique':
    case 'primary_key': {
      const { include_columns: include, storage_parameters: storage, tablespace } = parameters ?? {};
      return {
        kind: type === 'unique' ? 'unique' : 'primary key',
        name,
        columns,
        index: {
          ...(include === undefined ? {} : { include }),
          ...(storage === undefined ? {} : { storage }),
          ...(tablespace === undefined ? {} : { tablespace }),
        },
      };
    }
  }
}

function refuseIncomplete(body: Body): readonly OperationProblem[] {
  const needs = {
    check: ['check'],
    foreign_key: ['columns', 'references'],
    unique: ['columns'],
    primary_key: ['columns'],
  } as const;
  const missing = needs[body.type].filter((key) => body[key] === undefined);
  const problems = missing.map((key) => ({
    path: [],
    message: `expected ${key} in a constraint of type ${body.type}, found none`,
  }));
  if (problems.length > 0 || columnsOf(body).length > 0) return problems;
  return [{ path: [], message: 'expected columns, the ones the condition reads, found none' }];
}

function refuseSecondKey({ type }: Body, table: Table): readonly OperationProblem[] {
  const key = primaryKeyOf(table);
  if (type !== 'primary_key' || key === undefined) return [];
  return [
    {
      path: ['type'],
      message: `expected a table without a primary key, found ${JSON.stringify(key.name)} on ${table.name}`,
    },
  ];
}
