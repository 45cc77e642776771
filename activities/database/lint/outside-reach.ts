import type { Node } from 'libpg-query';

/** What the statement changes or reads is not of this database alone: another one, the server, its files, the network. */
export function reachesOutside(node: Node): boolean {
  if ('CopyStmt' in node) return node.CopyStmt.filename !== undefined;
  return outside.some((kind) => kind in node);
}

const outside = [
  'AlterDatabaseRefreshCollStmt',
  'AlterDatabaseSetStmt',
  'AlterDatabaseStmt',
  'AlterRoleSetStmt',
  'AlterRoleStmt',
  'AlterSubscriptionStmt',
  'AlterSystemStmt',
  'AlterTableSpaceOptionsStmt',
  'CreateRoleStmt',
  'CreateSubscriptionStmt',
  'CreateTableSpaceStmt',
  'CreatedbStmt',
  'DropOwnedStmt',
  'DropRoleStmt',
  'DropSubscriptionStmt',
  'DropTableSpaceStmt',
  'DropdbStmt',
  'GrantRoleStmt',
  'LoadStmt',
  'ReassignOwnedStmt',
];
