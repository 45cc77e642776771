import { ReleaseError } from '../../../domain/failure.js';
import type { Connection } from '../connection.js';
import { describeCloser, readClosed } from './closed.js';
import { describeClosing } from './closings.js';

/** Why nothing may be expanded: what a new version's views would take over from the tables must be what is meant to be there. */
export async function refuseClosed(
  connection: Connection,
  { schema, expands = true }: { readonly schema: string; readonly expands?: boolean },
): Promise<readonly string[]> {
  if (!expands) return [];
  const first = (await readClosed(connection)).find((closed) => closed.schema === schema);
  if (first === undefined) return [];
  return [
    `expected nothing to be closed before expand, found the rights to ${describeClosing(first)} taken away by ${describeCloser(first)}`,
  ];
}

/** An earlier look may be long ago. */
export async function requireNoneClosed(connection: Connection, schema: string): Promise<void> {
  const [refusal] = await refuseClosed(connection, { schema });
  if (refusal !== undefined) throw new ReleaseError('migration-failed', refusal);
}
