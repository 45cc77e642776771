import type { Node } from 'libpg-query';
import { alterations, hasOption, nodesOf } from '../tree.js';
import type { Check, Visit } from '../visit.js';

/** What a statement means in the one transaction that its file is. */
export const checkTransactions: Check = function* (visit) {
  const { statement, file } = visit;
  const { node } = statement;
  const alone = aloneBecause(node);
  if (alone !== undefined && file.statements.length + file.errors.length > 1) {
    yield { rule: 'concurrently-in-transaction', what: `${alone} beside other statements` };
  }
  if ('TransactionStmt' in node && !within.includes(node.TransactionStmt.kind ?? '')) {
    yield { rule: 'transaction-control', what: 'begins or ends a transaction' };
  }
  if ('VariableSetStmt' in node) {
    const { name, kind } = node.VariableSetStmt;
    if (name === 'lock_timeout' || kind === 'VAR_RESET_ALL') {
      yield { rule: 'lock-timeout-in-file', what: 'changes the lock timeout' };
    }
  }
  if (
    'CopyStmt' in node &&
    node.CopyStmt.is_from === true &&
    (node.CopyStmt.filename === undefined || node.CopyStmt.is_program)
  ) {
    yield { rule: 'copy-without-input', what: 'copies from an input it does not have' };
  }
  const value = newEnumValue(visit);
  if (value !== undefined)
    yield { rule: 'enum-value-in-transaction', what: `uses the enum value ${value} added above` };
};

const within = ['TRANS_STMT_SAVEPOINT', 'TRANS_STMT_RELEASE', 'TRANS_STMT_ROLLBACK_TO'];

/** What Postgres takes only by itself; `undefined` for all that may stand in a transaction. */
export function aloneBecause(node: Node): string | undefined {
  if ('IndexStmt' in node && node.IndexStmt.concurrent === true) return 'creates an index CONCURRENTLY';
  if ('DropStmt' in node && node.DropStmt.concurrent === true) return 'drops an index CONCURRENTLY';
  if ('ReindexStmt' in node) {
    const whole = ['REINDEX_OBJECT_SCHEMA', 'REINDEX_OBJECT_SYSTEM', 'REINDEX_OBJECT_DATABASE'];
    const isWhole = whole.includes(node.ReindexStmt.kind ?? '');
    return isWhole || hasOption(node.ReindexStmt.params, 'concurrently') ? 'rebuilds indexes' : undefined;
  }
  if ('VacuumStmt' in node && node.VacuumStmt.is_vacuumcmd === true) return 'vacuums';
  if ('ClusterStmt' in node && node.ClusterStmt.relation === undefined) return 'clusters every table';
  for (const { command } of alterations(node)) {
    const { def } = command;
    if (
      command.subtype === 'AT_DetachPartition' &&
      def !== undefined &&
      'PartitionCmd' in def &&
      def.PartitionCmd.concurrent
    ) {
      return 'detaches a partition CONCURRENTLY';
    }
  }
  const others = ['CreatedbStmt', 'DropdbStmt', 'CreateTableSpaceStmt', 'DropTableSpaceStmt', 'AlterSystemStmt'];
  return others.some((kind) => kind in node) ? 'is done outside of any transaction' : undefined;
}

/** A string of the statement that is a value which this file has added to an enum before. */
function newEnumValue({ statement, file, schema }: Visit): string | undefined {
  if ('AlterEnumStmt' in statement.node) return undefined;
  const texts = [...nodesOf(statement.node, 'A_Const')].map(({ sval }) => sval?.sval ?? '');
  return texts.find((text) => schema.enumValueIn(text) === file);
}
