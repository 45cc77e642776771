import type { z } from 'zod';
import { mapping, name } from './body-schema.js';
import { changeTable, placeOfTable } from './catalogue.js';
import { missingConstraint, refuseTakenConstraint, requireTable, tableOf } from './checks.js';
import { quoted } from './names.js';
import type { OperationKind } from './operation.js';
import { cutOf } from './phased-constraint.js';

const schema = mapping(
  {
    table: name('the name of the table'),
    from: name('the name the constraint has'),
    to: name('the name the constraint is to have'),
  },
  'table, from and to',
);
type Body = z.output<typeof schema>;

export const renameConstraint: OperationKind<Body> = {
  name: 'rename_constraint',
  manual: {
    purpose: 'Renames a constraint, and the index it stands on. Until contract errors name it as before.',
    contract: { does: 'renames it', locks: 'the table, for a moment' },
    loses: 'nothing',
  },
  schema,
  check: ({ table: of, from, to }, { catalogue }) =>
    requireTable(catalogue, of, (table) => [
      ...(table.constraints.some((constraint) => constraint.name === from)
        ? []
        : [missingConstraint(table, from, ['from'])]),
      ...refuseTakenConstraint(table, to, ['to']),
    ]),
  plan({ table: of, from, to }, { catalogue }) {
    const table = tableOf(catalogue, of);
    const rename = <Named extends { readonly name: string }>(named: Named): Named =>
      named.name === from ? { ...named, name: to } : named;
    return {
      after: changeTable(catalogue, of, (before) => ({
        ...before,
        constraints: before.constraints.map(rename),
        indexes: before.indexes.map(rename),
      })),
      verdict: { goingBack: 'safe', loses: 'nothing' },
      contract: {
        cut: cutOf(table.physical, [
          `alter table ${placeOfTable(catalogue, table)} rename constraint ${quoted(from)} to ${quoted(to)}`,
        ]),
      },
    };
  },
};
