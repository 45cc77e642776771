import { nearestWord } from '../../admission/nearest-word.js';
import { addColumn } from './add-column.js';
import { alterColumn } from './alter-column.js';
import { attachPartition } from './attach-partition.js';
import { changeEnum } from './change-enum.js';
import { createConstraint } from './create-constraint.js';
import { dropConstraint } from './drop-constraint.js';
import { dropMulticolumnConstraint } from './drop-multicolumn-constraint.js';
import { createIndex } from './create-index.js';
import { createTable } from './create-table.js';
import { detachPartition } from './detach-partition.js';
import { dropColumn } from './drop-column.js';
import { dropIndex } from './drop-index.js';
import { dropTable } from './drop-table.js';
import { mergeColumns } from './merge-columns.js';
import { moveColumn } from './move-column.js';
import type { OperationKind } from './operation.js';
import { rawSql } from './raw-sql.js';
import { renameColumn } from './rename-column.js';
import { renameConstraint } from './rename-constraint.js';
import { renameTable } from './rename-table.js';
import { setReplicaIdentity } from './set-replica-identity.js';
import { splitColumn } from './split-column.js';
import { widenKey } from './widen-key.js';

/** Every kind there is, by its name in the files. */
export const kinds: readonly OperationKind[] = [
  addColumn,
  alterColumn,
  attachPartition,
  changeEnum,
  createConstraint,
  createIndex,
  createTable,
  detachPartition,
  dropColumn,
  dropConstraint,
  dropIndex,
  dropMulticolumnConstraint,
  dropTable,
  mergeColumns,
  moveColumn,
  rawSql,
  renameColumn,
  renameConstraint,
  renameTable,
  setReplicaIdentity,
  splitColumn,
  widenKey,
];

export const kindNames: readonly string[] = kinds.map(({ name }) => name);

export function findKind(name: string): OperationKind | undefined {
  return kinds.find((kind) => kind.name === name);
}

/** `unknown operation "add_colum"; did you mean "add_column"?` */
export function unknownKind(name: string): string {
  const nearest = nearestWord(name, kindNames);
  const hint = nearest === undefined ? `known are ${kindNames.join(', ')}` : `did you mean ${JSON.stringify(nearest)}?`;
  return `unknown operation ${JSON.stringify(name)}; ${hint}`;
}
