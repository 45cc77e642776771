import type { z } from 'zod';
import { mapping, name } from './body-schema.js';
import { changeTable } from './catalogue.js';
import { missingPartition, tableOf } from './checks.js';
import type { OperationKind } from './operation.js';
import { refuseParent } from './partition-checks.js';

const schema = mapping(
  {
    table: name('the name of the table with partitions'),
    partition: name('the name of the partition'),
  },
  'table and partition',
);
type Body = z.output<typeof schema>;

export const detachPartition: OperationKind<Body> = {
  name: 'detach_partition',
  manual: {
    purpose: 'Makes a partition a table of its own. Until contract both versions find its rows where they are.',
    contract: {
      does: 'detaches it: from Postgres 14 on concurrently',
      locks:
        'nothing that anybody feels, and waits for the transactions that have used the table; before Postgres 14, and beside a default partition, the table it goes from, for a moment',
    },
    loses: 'nothing',
  },
  schema,
  check(body, { catalogue }) {
    const parents = refuseParent(catalogue, body.table, ['table']);
    if (parents.length > 0) return parents;
    const table = tableOf(catalogue, body.table);
    if (table.partitions?.some((each) => each.name === body.partition) === true) return [];
    return [missingPartition(table, body.partition, ['partition'])];
  },
  plan(body, { catalogue }) {
    const parent = tableOf(catalogue, body.table);
    return {
      after: changeTable(catalogue, parent.name, (table) => ({
        ...table,
        partitions: (table.partitions ?? []).filter((each) => each.name !== body.partition),
      })),
      verdict: { goingBack: 'safe', loses: 'nothing' },
      contract: {
        prepare: [
          {
            do: 'detach-partition',
            parent: { schema: catalogue.schema, name: parent.physical },
            partition: { schema: catalogue.schema, name: body.partition },
          },
        ],
      },
    };
  },
};
