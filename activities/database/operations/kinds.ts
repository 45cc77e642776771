import { nearestWord } from '../../admission/nearest-word.js';
import { addColumn } from './add-column.js';
import { createTable } from './create-table.js';
import type { OperationKind } from './operation.js';

/** Every kind there is, by its name in the files. */
const kinds: readonly OperationKind[] = [addColumn, createTable];

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
