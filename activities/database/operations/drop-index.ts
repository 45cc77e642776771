import type { z } from 'zod';
import { mapping, name } from './body-schema.js';
import { changeTable, findIndex } from './catalogue.js';
import { missingIndex } from './checks.js';
import type { OperationKind } from './operation.js';

const schema = mapping({ name: name('the name of the index') }, 'name');
type Body = z.output<typeof schema>;

export const dropIndex: OperationKind<Body> = {
  name: 'drop_index',
  manual: {
    purpose: 'Drops an index. Until contract both versions have it.',
    contract: { does: 'drops it concurrently', locks: 'nothing; waits for the transactions that use the table' },
    loses: 'nothing',
  },
  schema,
  check(body, { catalogue }) {
    const found = findIndex(catalogue, body.name);
    if (found === undefined) return [missingIndex(catalogue, body.name, ['name'])];
    const { table } = found;
    if (table.partitioned) {
      return [
        {
          path: ['name'],
          message: `expected an index of a plain table, found one of ${table.name}, which has partitions and whose index cannot be dropped concurrently`,
        },
      ];
    }
    if (!table.constraints.some((constraint) => constraint.name === body.name)) return [];
    return [
      {
        path: ['name'],
        message: `expected an index of its own, found that of a constraint of ${table.name}; drop the constraint`,
      },
    ];
  },
  plan(body, { catalogue }) {
    const found = findIndex(catalogue, body.name);
    if (found === undefined) throw new Error(`a plan was made for the index ${body.name}, which is not there`);
    return {
      after: changeTable(catalogue, found.table.name, (table) => ({
        ...table,
        indexes: table.indexes.filter((index) => index.name !== body.name),
      })),
      verdict: { goingBack: 'safe', loses: 'nothing' },
      contract: { prepare: [{ do: 'drop-index', index: { schema: catalogue.schema, name: body.name } }] },
    };
  },
};
