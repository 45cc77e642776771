import type { AlterTableType, Node, ObjectType } from 'libpg-query';
import { alterations, constraintOf, nameOf, nameOfParts, partsOf, dotted } from './tree.js';

/** The tables that a statement locks so that writes of others wait; indexes and views count as none. */
export function strongLocks(node: Node): readonly string[] {
  if ('CreateTrigStmt' in node) return [nameOf(node.CreateTrigStmt.relation)];
  if ('IndexStmt' in node) return node.IndexStmt.concurrent === true ? [] : [nameOf(node.IndexStmt.relation)];
  if ('TruncateStmt' in node) return relations(node.TruncateStmt.relations);
  if ('LockStmt' in node) return relations(node.LockStmt.relations);
  if ('RenameStmt' in node) {
    const { renameType, relationType, relation } = node.RenameStmt;
    const ofTable = renameType === 'OBJECT_TABLE' || relationType === 'OBJECT_TABLE';
    return ofTable ? [nameOf(relation)] : [];
  }
  if ('DropStmt' in node)
    return (node.DropStmt.objects ?? []).flatMap((object) => droppedTable(node.DropStmt.removeType, object));
  return alterations(node).flatMap(({ table, command }) => {
    if (weak.has(command.subtype ?? 'AT_AddColumn')) return [];
    const foreign = constraintOf(command.def)?.pktable;
    return foreign === undefined ? [table] : [table, nameOf(foreign)];
  });
}

const weak: ReadonlySet<AlterTableType> = new Set([
  'AT_ValidateConstraint',
  'AT_SetStatistics',
  'AT_SetRelOptions',
  'AT_ResetRelOptions',
  'AT_AttachPartition',
]);

function droppedTable(type: ObjectType | undefined, object: Node): readonly string[] {
  if (type === 'OBJECT_TABLE') return [nameOfParts(object)];
  // The last part is the trigger.
  return type === 'OBJECT_TRIGGER' ? [dotted(partsOf(object).slice(0, -1))] : [];
}

function relations(nodes: readonly Node[] | undefined): readonly string[] {
  return (nodes ?? []).flatMap((node) => ('RangeVar' in node ? [nameOf(node.RangeVar)] : []));
}
