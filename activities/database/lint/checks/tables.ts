import type { AlterTableCmd, Node } from 'libpg-query';
import { alterations, hasOption, nameOf, partsOf } from '../tree.js';
import type { Check, Hit, Visit } from '../visit.js';

/** Statements that lock or rewrite a whole table. */
export const checkTables: Check = function* (visit) {
  const { statement, file, schema } = visit;
  const hits = [
    ...wholeTable(statement.node),
    ...alterations(statement.node).flatMap(({ table, command }) => altered(visit, table, command)),
  ];
  for (const hit of hits) {
    const locked = hit.tables?.filter((table) => !schema.isNew(table, file));
    if (locked?.length !== 0) yield { ...hit, ...(locked === undefined ? {} : { tables: locked }) };
  }
};

function* wholeTable(node: Node): Generator<Hit> {
  if ('VacuumStmt' in node && hasOption(node.VacuumStmt.options, 'full')) {
    const tables = (node.VacuumStmt.rels ?? []).flatMap((rel) =>
      'VacuumRelation' in rel ? [nameOf(rel.VacuumRelation.relation)] : [],
    );
    const what = `writes ${tables.join(', ') || 'every table'} anew`;
    yield { rule: 'vacuum-full', what, ...(tables.length === 0 ? {} : { tables }) };
  }
  if ('ClusterStmt' in node) {
    const { relation } = node.ClusterStmt;
    const tables = relation === undefined ? {} : { tables: [nameOf(relation)] };
    yield {
      rule: 'cluster',
      what: `puts ${relation === undefined ? 'every table' : nameOf(relation)} in order`,
      ...tables,
    };
  }
  if ('RefreshMatViewStmt' in node && node.RefreshMatViewStmt.concurrent !== true) {
    const view = nameOf(node.RefreshMatViewStmt.relation);
    yield { rule: 'refresh-materialized-view', what: `fills ${view} anew`, tables: [view] };
  }
  if ('TruncateStmt' in node) {
    const tables = namesIn(node.TruncateStmt.relations);
    yield { rule: 'truncate', what: `empties ${tables.join(', ')}`, tables };
  }
  if ('LockStmt' in node) {
    const tables = namesIn(node.LockStmt.relations);
    yield { rule: 'lock-table', what: `locks ${tables.join(', ')}`, tables };
  }
  if ('CreateTrigStmt' in node) {
    const table = nameOf(node.CreateTrigStmt.relation);
    yield {
      rule: 'create-trigger',
      what: `puts the trigger ${node.CreateTrigStmt.trigname} on ${table}`,
      tables: [table],
    };
  }
  if ('CreateStmt' in node && node.CreateStmt.partbound !== undefined) {
    const parents = namesIn(node.CreateStmt.inhRelations);
    const what = `creates ${nameOf(node.CreateStmt.relation)} as a partition of ${parents.join(', ')}`;
    yield { rule: 'create-partition', what, tables: parents };
  }
}

function altered({ postgres }: Visit, table: string, command: AlterTableCmd): readonly Hit[] {
  const tables = [table];
  switch (command.subtype) {
    case 'AT_SetUnLogged':
    case 'AT_SetLogged':
    case 'AT_SetAccessMethod':
    case 'AT_SetTableSpace':
      return [{ rule: 'change-persistence', what: `changes how ${table} is stored`, tables }];
    case 'AT_ReplicaIdentity':
      return [{ rule: 'replica-identity', what: `changes the replica identity of ${table}`, tables }];
    case 'AT_DisableTrig':
    case 'AT_DisableTrigAll':
    case 'AT_DisableTrigUser':
      return [{ rule: 'disable-trigger', what: `turns off ${command.name ?? 'the triggers'} of ${table}`, tables }];
    case 'AT_AttachPartition':
      return [
        { rule: 'attach-partition', what: `attaches ${partition(command)} to ${table}`, tables: [partition(command)] },
      ];
    case 'AT_DetachPartition': {
      const isConcurrent =
        command.def !== undefined && 'PartitionCmd' in command.def && command.def.PartitionCmd.concurrent;
      const note = postgres < 14 ? ' (there is no other way before Postgres 14)' : '';
      const what = `detaches ${partition(command)} from ${table}${note}`;
      return isConcurrent ? [] : [{ rule: 'detach-partition', what, tables }];
    }
    default:
      return [];
  }
}

function partition({ def }: AlterTableCmd): string {
  return def !== undefined && 'PartitionCmd' in def ? nameOf(def.PartitionCmd.name) : '';
}

function namesIn(relations: readonly Node[] | undefined): string[] {
  return (relations ?? []).flatMap((node) => ('RangeVar' in node ? [nameOf(node.RangeVar)] : partsOf(node)));
}
