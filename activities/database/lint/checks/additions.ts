import { alterations, columnOf, nameOf } from '../tree.js';
import type { Check } from '../visit.js';

/** What comes new in contract. Constraints and views belong there: they seal what is left. */
export const checkAdditions: Check = function* ({ statement, file }) {
  if (file.phase !== 'contract') return;
  const { node } = statement;
  if ('CreateStmt' in node)
    yield { rule: 'addition-in-contract', what: `creates the table ${nameOf(node.CreateStmt.relation)}` };
  for (const { table, command } of alterations(node)) {
    if (command.subtype !== 'AT_AddColumn') continue;
    yield { rule: 'addition-in-contract', what: `adds the column ${table}.${columnOf(command.def)?.colname}` };
  }
};
