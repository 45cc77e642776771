import type { Node } from 'libpg-query';
import { nameOf, nodesOf } from '../tree.js';
import type { Check } from '../visit.js';
import { firesTriggers } from './others.js';

/** Statements that change rows, and where they may stand. */
export const checkRows: Check = function* ({ statement, file, schema, facts }) {
  const { node } = statement;
  if (file.phase === 'backfill') {
    if ('UpdateStmt' in node) yield* firesTriggers(facts, nameOf(node.UpdateStmt.relation));
    else yield { rule: 'not-an-update-in-backfill', what: 'is no UPDATE' };
    return;
  }
  const change = changeOf(node);
  if (change === undefined || schema.isNew(change.table, file)) return;
  if (change.whole !== undefined) {
    yield { rule: change.whole, what: `${change.verb} every row of ${change.table}` };
  } else if (file.phase === 'expand' && !file.removes) {
    yield { rule: 'data-change-in-expand', what: `${change.verb} rows of ${change.table}` };
  }
};

interface Change {
  readonly verb: string;
  readonly table: string;
  readonly whole?: 'whole-table-update' | 'whole-table-delete';
}

/** INSERT of rows that are written out is none: it reads no table and locks only what it adds. */
function changeOf(node: Node): Change | undefined {
  if ('UpdateStmt' in node) {
    const { relation, whereClause } = node.UpdateStmt;
    return { verb: 'changes', table: nameOf(relation), ...(whereClause ? {} : { whole: 'whole-table-update' }) };
  }
  if ('DeleteStmt' in node) {
    const { relation, whereClause } = node.DeleteStmt;
    return { verb: 'deletes', table: nameOf(relation), ...(whereClause ? {} : { whole: 'whole-table-delete' }) };
  }
  if ('MergeStmt' in node) return { verb: 'merges', table: nameOf(node.MergeStmt.relation) };
  if ('InsertStmt' in node && [...nodesOf(node.InsertStmt.selectStmt, 'RangeVar')].length > 0) {
    return { verb: 'copies', table: nameOf(node.InsertStmt.relation) };
  }
  return undefined;
}
