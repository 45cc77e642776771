import type { Connection } from '@temporalio/client';
import { type SearchAttributesFound, compareSearchAttributes, keywordType } from '../domain/search-attributes.js';

export async function readSearchAttributes(connection: Connection, namespace: string): Promise<SearchAttributesFound> {
  const { customAttributes } = await connection.operatorService.listSearchAttributes({ namespace });
  return compareSearchAttributes(customAttributes);
}

/** Registers what releases are listed by; the names that are there are left alone. */
export async function ensureSearchAttributes(connection: Connection, namespace: string): Promise<void> {
  const { missing } = await readSearchAttributes(connection, namespace);
  if (missing.length === 0) return;
  await connection.operatorService.addSearchAttributes({
    namespace,
    searchAttributes: Object.fromEntries(missing.map((name) => [name, keywordType])),
  });
}
