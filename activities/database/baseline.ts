import { createHash } from 'node:crypto';
import { ReleaseError } from '../../domain/failure.js';
import type { SchemaBaseline } from '../../domain/schema-change.js';
import { createHistory, readHistoryRows, readSchemaName, recordBaseline } from './flyway-history.js';
import { withLockRetry } from './lock-retry.js';
import { insertEntry, readHistory } from './operations/history.js';
import type { MigrationPlan } from './operations/migration-plan.js';
import { refuseTables } from './operations/operations-check.js';
import { readCatalogue } from './operations/read-catalogue.js';
import { refuseVersionSchema, searchPathOf, versionSchemaName } from './operations/version-schema.js';
import { createVersionViews } from './operations/version-views.js';
import { createOperationTables } from './own-tables.js';
import { inFencedTransaction, type PhaseSession } from './phase-session.js';

/** A row of Flyway's history that says what was there before; real Flyway goes on from it. */
export async function baselineSql(session: PhaseSession, version: string): Promise<SchemaBaseline> {
  const { connection } = session;
  const schema = await readSchemaName(connection);
  await createHistory(connection);
  await inFencedTransaction(session, { script: 'baseline' }, async () => {
    const [row] = await readHistoryRows(connection);
    if (row !== undefined) {
      throw refused(
        `flyway_schema_history of schema ${schema} to be empty, found ${row.type} ${row.version ?? ''} in it`,
      );
    }
    await recordBaseline(connection, schema, version);
  });
  return { schema, version };
}

/** A version with views of what is there, which counts as contracted: the first file of operations builds on it. */
export async function baselineOperations(session: PhaseSession, name: string): Promise<SchemaBaseline> {
  const { connection } = session;
  await createOperationTables(connection);
  const schema = await readSchemaName(connection);
  const versionSchema = versionSchemaName(schema, name);
  await withLockRetry(session, 'baseline', () =>
    inFencedTransaction(session, { script: 'baseline' }, async () => {
      const [entry] = await readHistory(connection, schema);
      if (entry !== undefined)
        throw refused(`no operations in schema ${schema} yet, found ${entry.name} in its history`);
      const reason = await refuseVersionSchema(connection, versionSchema);
      if (reason !== undefined) throw new ReleaseError('migration-failed', reason);
      const catalogue = await readCatalogue(connection, schema);
      const plan: MigrationPlan = {
        before: catalogue,
        after: catalogue,
        expand: [],
        fills: [],
        settle: [],
        counts: [],
        contract: [],
        rollback: [],
        verdicts: [],
      };
      const { rows } = await connection.query<{ major: number }>(
        `select current_setting('server_version_num')::int / 10000 as major`,
      );
      const refusals = await refuseTables(connection, plan, rows[0]?.major ?? 0);
      if (refusals.length > 0) {
        throw new ReleaseError('migration-failed', refusals.map(({ message }) => message).join('\n'));
      }
      await createVersionViews(connection, versionSchema, catalogue);
      const hash = createHash('sha256').update('').digest('hex');
      const migration = { name, file: name, hash };
      await insertEntry(connection, { schema, migration, previous: undefined, versionSchema, plan, isBaseline: true });
    }),
  );
  return { schema, version: name, searchPath: searchPathOf(versionSchema, schema) };
}

function refused(expected: string): ReleaseError {
  return new ReleaseError('migration-failed', `expected ${expected}. A baseline is the first of a history`);
}
