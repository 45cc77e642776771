import type { z } from 'zod';
import { expected } from '../../admission/manifest-problem.js';
import { createIndexSql, type IndexDefinition } from '../index-definition.js';
import { flag, listOf, mapping, name, oneOf, sql, text } from './body-schema.js';
import { changeTable, findColumn, isTakenRelation, placeOfTable, scopeOf, type Table } from './catalogue.js';
import { requireColumn, requireTable, tableOf } from './checks.js';
import { inPhysicalNames } from './expression.js';
import { quoted } from './names.js';
import type { OperationKind, OperationProblem, Situation } from './operation.js';

const schema = mapping(
  {
    table: name('the name of the table'),
    name: name('the name of the index'),
    columns: listOf(
      mapping(
        {
          column: name('the name of the column'),
          collate: sql('the name of a collation, in quotes where it has capitals').optional(),
          sort: oneOf(['ASC', 'DESC']).optional(),
          nulls: oneOf(['FIRST', 'LAST']).optional(),
          opclass: mapping(
            {
              name: sql('the name of an operator class'),
              params: listOf(text('a parameter'), 'its parameters').optional(),
            },
            'name',
          ).optional(),
        },
        'column',
      ),
      'a list of columns, each as "- column: name"',
    ).min(1, expected('at least one column')),
    predicate: sql('an SQL condition').optional(),
    method: oneOf(['btree', 'hash', 'gist', 'spgist', 'gin', 'brin']).optional(),
    storage_parameters: sql('parameters such as "fillfactor = 70"').optional(),
    unique: flag('whether a value may be there only once').optional(),
  },
  'table, name and columns',
);
type Body = z.output<typeof schema>;

export const createIndex: OperationKind<Body> = {
  name: 'create_index',
  manual: {
    purpose:
      "Builds an index. Both versions have it, as soon as it is there: where it is unique, the old version's duplicates are refused, too.",
    backfill: {
      does: 'builds it concurrently, after rows are filled',
      locks: 'nothing; waits for every transaction of the database that is older',
    },
    rollback: { does: 'drops it concurrently', locks: 'nothing; waits for the transactions that use the table' },
    loses: 'nothing',
  },
  schema,
  check: (body, { catalogue }) =>
    requireTable(catalogue, body.table, (table) => [
      ...refusePartitioned(table),
      ...body.columns.flatMap(({ column }, index) => requireColumn(table, column, ['columns', index, 'column'])),
      ...(isTakenRelation(catalogue, body.name)
        ? [
            {
              path: ['name'],
              message: `expected a name of its own, found another ${JSON.stringify(body.name)} in ${catalogue.schema}`,
            },
          ]
        : []),
    ]),
  plan(body, situation) {
    const { catalogue } = situation;
    const table = tableOf(catalogue, body.table);
    const index = definitionOf(body, table, situation);
    const columns = body.columns.flatMap(({ column }) => findColumn(table, column)?.physical ?? []);
    return {
      after: changeTable(catalogue, table.name, (before) => ({
        ...before,
        indexes: [
          ...before.indexes,
          { name: body.name, columns, definition: createIndexSql(index), unique: body.unique === true, valid: true },
        ],
      })),
      verdict: { goingBack: 'safe', loses: 'nothing' },
      // On an empty copy: whatever the server refuses about the definition, it refuses there.
      trials: table.isNew === true ? [] : [{ path: [], sql: trialOf(index, placeOfTable(catalogue, table)) }],
      settle: [{ do: 'build-index', index }],
      rollback: [{ do: 'drop-index', index: { schema: catalogue.schema, name: body.name } }],
    };
  },
};

function definitionOf(body: Body, table: Table, { catalogue }: Situation): IndexDefinition {
  return {
    table: { schema: catalogue.schema, name: table.physical },
    name: body.name,
    elements: body.columns.map((column) => elementOf(column, table)).join(', '),
    unique: body.unique === true,
    ...(body.method === undefined ? {} : { method: body.method }),
    ...(body.storage_parameters === undefined ? {} : { storage: body.storage_parameters }),
    ...(body.predicate === undefined ? {} : { predicate: inPhysicalNames(body.predicate, scopeOf(table)) }),
  };
}

function elementOf({ column, collate, opclass, sort, nulls }: Body['columns'][number], table: Table): string {
  const params = opclass?.params?.length ? ` (${opclass.params.join(', ')})` : '';
  return [
    quoted(findColumn(table, column)?.physical ?? column),
    collate && `collate ${collate}`,
    opclass && `${opclass.name}${params}`,
    sort?.toLowerCase(),
    nulls && `nulls ${nulls.toLowerCase()}`,
  ]
    .filter(Boolean)
    .join(' ');
}

function trialOf(index: IndexDefinition, place: string): string {
  return `create temporary table sluice_trial (like ${place}) on commit drop;
${createIndexSql({ ...index, table: { schema: 'pg_temp', name: 'sluice_trial' } })}`;
}

function refusePartitioned(table: Table): readonly OperationProblem[] {
  if (!table.partitioned) return [];
  return [
    {
      path: ['table'],
      message: `expected a plain table, found ${table.name}, which has partitions and cannot be indexed concurrently; index its partitions one by one`,
    },
  ];
}
