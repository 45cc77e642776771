import type { Connection } from '@temporalio/client';
import { searchAttributeNames } from '../domain/search-attributes.js';

/** `temporal.api.enums.v1.IndexedValueType` */
const keyword = 2;

/** Registers what releases are listed by; the names that are there are left alone. */
export async function ensureSearchAttributes(connection: Connection, namespace: string): Promise<void> {
  const { customAttributes } = await connection.operatorService.listSearchAttributes({ namespace });
  const missing = searchAttributeNames.filter((name) => customAttributes[name] === undefined);
  if (missing.length === 0) return;
  await connection.operatorService.addSearchAttributes({
    namespace,
    searchAttributes: Object.fromEntries(missing.map((name) => [name, keyword])),
  });
}
