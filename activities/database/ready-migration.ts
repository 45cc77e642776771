import { type PlaceholderFacts } from '../../domain/flyway/placeholders.js';
import { type FileProblem, type ReadyFiles, readyFiles } from '../../domain/flyway/ready-files.js';
import type { Connection } from './connection.js';
import { scriptName } from './migration-script.js';
import type { Migration } from './schema-engine.js';

/** The migration with its files as they are run: placeholders have their values. */
export async function readyMigration(connection: Connection, migration: Migration): Promise<Migration> {
  return { ...migration, files: (await readReady(connection, migration)).files };
}

/** What placeholders, configurations and callbacks say that cannot be done. */
export async function readyProblems(connection: Connection, migration: Migration): Promise<readonly string[]> {
  return (await readReady(connection, migration)).problems.map(describeProblem);
}

async function readReady(connection: Connection, { files }: Migration): Promise<ReadyFiles> {
  const { rows } = await connection.query<PlaceholderFacts>(
    `select current_schema() as "defaultSchema", session_user as "user", current_database() as database`,
  );
  const [facts] = rows;
  if (facts === undefined) throw new Error('a SELECT without FROM gave no row');
  return readyFiles(files, facts);
}

/** `expand/V1__a.sql:3: …` */
function describeProblem({ file, line, message }: FileProblem): string {
  return `${scriptName(file)}${line === undefined ? '' : `:${line}`}: ${message}`;
}
