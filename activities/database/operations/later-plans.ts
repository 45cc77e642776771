import type { Connection } from '../connection.js';
import { type Catalogue, isRenamed, type Table } from './catalogue.js';
import { isOpen, type OperationHistory, readPlan, setSchemas } from './history.js';
import { readCatalogue } from './read-catalogue.js';

/**
 * What contract has renamed, the plans of files that were begun later know by the name it had: none of them touches these
 * tables, or it would have been refused, but their versions show them. In contract's last transaction.
 */
export async function renameInLaterPlans(
  connection: Connection,
  { schema, after, later }: { readonly schema: string; readonly after: Catalogue; readonly later: OperationHistory },
): Promise<void> {
  const renamed = after.tables.filter(isRenamed);
  const open = later.filter(isOpen);
  if (renamed.length === 0 || open.length === 0) return;
  const now = await readCatalogue(connection, schema);
  const asNow = (table: Table): Table => {
    const known = renamed.find(({ physical }) => physical === table.physical);
    return now.tables.find(({ physical }) => physical === known?.name) ?? table;
  };
  const renew = (catalogue: Catalogue) => ({ ...catalogue, tables: catalogue.tables.map(asNow) });
  for (const { name } of open) {
    const plan = await readPlan(connection, schema, name);
    await setSchemas(connection, {
      schema,
      name,
      before: renew(plan.before),
      after: plan.after === 'read-again' ? plan.after : renew(plan.after),
    });
  }
}
