import { z } from 'zod';
import { expected } from '../../admission/manifest-problem.js';
import { mapping, name, text } from './body-schema.js';
import { changeTable, placeOfTable, type ReplicaIdentity, type Table } from './catalogue.js';
import { isPartial, missingIndexOf, requireTable, tableOf } from './checks.js';
import { quoted } from './names.js';
import type { OperationKind, OperationProblem } from './operation.js';
import { cutOf } from './phased-constraint.js';

const schema = mapping(
  {
    table: name('the name of the table'),
    identity: mapping(
      {
        type: z
          .string(expected('full, default, nothing or index'))
          .regex(/^(full|default|nothing|index)$/i, expected('full, default, nothing or index'))
          .describe('full, default, nothing or index'),
        index: text('the name of the index').optional(),
      },
      'type, and index when that is the type',
    ),
  },
  'table and identity',
);
type Body = z.output<typeof schema>;

export const setReplicaIdentity: OperationKind<Body> = {
  name: 'set_replica_identity',
  manual: {
    purpose:
      'Sets which columns of a changed or deleted row are told to logical replication. Both versions have it at once.',
    expand: { does: 'sets it', locks: 'the table, for a moment' },
    rollback: { does: 'sets it to what it was', locks: 'the table, for a moment' },
    loses: 'nothing; what was replicated meanwhile stays as it was told',
  },
  schema,
  check: (body, { catalogue }) => requireTable(catalogue, body.table, (table) => refuseUnfit(body, table)),
  plan(body, { catalogue }) {
    const table = tableOf(catalogue, body.table);
    const set = (identity: ReplicaIdentity) =>
      `alter table if exists ${placeOfTable(catalogue, table)} replica identity ${clauseOf(identity)}`;
    const identity = identityOf(body);
    return {
      after: changeTable(catalogue, table.name, (before) => ({ ...before, replicaIdentity: identity })),
      verdict: { goingBack: 'safe', loses: 'nothing' },
      expand: cutOf(table.physical, [set(identity)]),
      // A table that is made in the same file goes itself.
      rollback: table.isNew === true ? [] : cutOf(table.physical, [set(table.replicaIdentity ?? 'default')]),
    };
  },
};

function identityOf({ identity: { type, index } }: Body): ReplicaIdentity {
  const word = type.toLowerCase();
  return word === 'full' || word === 'nothing' || word === 'default' ? word : { index: index ?? '' };
}

function clauseOf(identity: ReplicaIdentity): string {
  return typeof identity === 'string' ? identity : `using index ${quoted(identity.index)}`;
}

/** What the server would refuse at expand. */
function refuseUnfit(body: Body, table: Table): readonly OperationProblem[] {
  const identity = identityOf(body);
  if (typeof identity === 'string') return [];
  const path = ['identity', 'index'];
  const index = table.indexes.find((each) => each.name === identity.index);
  if (index === undefined) return table.isNew === true ? [] : [missingIndexOf(table, identity.index, path)];
  const nullable = table.columns.filter((column) => column.nullable && index.columns.includes(column.physical));
  const faults = [
    ...(index.unique ? [] : ['one that is not unique']),
    ...(index.columns.length === 0 || isPartial(index) ? ['one of expressions or of some rows only'] : []),
    ...nullable.map((column) => `${column.name}, which may be null`),
  ];
  return faults.map((fault) => ({
    path,
    message: `expected a unique index on columns of ${table.name} that are never null, found ${fault}`,
  }));
}
