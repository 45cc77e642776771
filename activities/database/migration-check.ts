import { type FailureCode, ReleaseError } from '../../domain/failure.js';
import { isStatements } from '../../domain/flyway/companions.js';
import { compareMigrationVersions, type MigrationFile, migrationPhases } from '../../domain/migration.js';
import { readBackfillFile } from './backfill-file.js';
import type { Connection } from './connection.js';
import { findApplied, type FlywayHistory, isUnended } from './flyway-history.js';
import { type MigrationScript, scriptName, scriptsOf } from './migration-script.js';
import { refuseDrift, readDrift } from './drift.js';
import type { PictureOwner } from './kept-pictures.js';
import { readyMigration, readyProblems } from './ready-migration.js';
import type { Migration } from './schema-engine.js';
import { describePlace, placeOf } from './source-place.js';
import { splitStatements } from './sql-statements.js';
import { unsafeReason } from './unsafe-statements.js';

/** A reason not to start. */
export interface Refusal {
  readonly code: Extract<FailureCode, 'migration-changed' | 'migration-failed' | 'schema-drift'>;
  readonly message: string;
}

/** Every reason there is, not just the first. The migration is as it stands on disk. */
export async function checkMigration(
  connection: Connection,
  migration: Migration,
  history: FlywayHistory,
): Promise<readonly Refusal[]> {
  const { files } = await readyMigration(connection, migration);
  return [
    ...(await refuseLockTimeout(connection, migration)),
    ...(await readyProblems(connection, migration)).map(refuse),
    ...versionRefusals(files),
    ...undoRefusals(files),
    ...historyRefusals(files, history),
    ...files.filter(isStatements).flatMap(statementRefusals),
    ...sessionRefusals(migration),
    ...refuseDrift(await readDrift(connection, pictureOwners(migration, history))),
  ];
}

/** Throws the first refusal's code with all messages. */
export async function requireRunnable(
  connection: Connection,
  migration: Migration,
  history: FlywayHistory,
): Promise<void> {
  const refusals = await checkMigration(connection, migration, history);
  const [first] = refusals;
  if (first !== undefined) throw new ReleaseError(first.code, refusals.map((refusal) => refusal.message).join('\n'));
}

function refuse(message: string): Refusal {
  return { code: 'migration-failed', message };
}

/** At `deadlock_timeout` the server looks for a victim, and that could be the shop. */
export async function refuseLockTimeout(
  connection: Connection,
  { lockTimeoutMs }: Pick<Migration, 'lockTimeoutMs'>,
): Promise<readonly Refusal[]> {
  const { rows } = await connection.query<{ ms: number }>(
    `select setting::integer as ms from pg_settings where name = 'deadlock_timeout'`,
  );
  const limit = rows[0]?.ms ?? 1_000;
  if (lockTimeoutMs >= 1 && lockTimeoutMs < limit) return [];
  return [
    refuse(
      `expected a lock timeout from 1 ms to below the server's deadlock_timeout of ${limit} ms, found ${lockTimeoutMs} ms`,
    ),
  ];
}

/** The migration's own files, whose tables nobody else is to change until all of it is done. */
export function pictureOwners({ files }: Migration, { schema }: FlywayHistory): readonly PictureOwner[] {
  const scripts = migrationPhases.flatMap((phase) => scriptsOf(files, phase));
  return scripts.map(({ version }) => ({ schema, version }));
}

/** One history table, one sequence of versions: Flyway refuses two files of one version wherever they are. */
function versionRefusals(files: readonly MigrationFile[]): readonly Refusal[] {
  return (['versioned', 'undo'] as const).flatMap((kind) => {
    const scripts = migrationPhases.flatMap((phase) => scriptsOf(files, phase, kind));
    return scripts.flatMap((script, index) => {
      const earlier = scripts.slice(0, index).find((other) => isSameVersion(other, script));
      return earlier === undefined
        ? []
        : [refuse(`${script.script}: expected a version of its own, found ${earlier.script} with the same`)];
    });
  });
}

function undoRefusals(files: readonly MigrationFile[]): readonly Refusal[] {
  const expand = scriptsOf(files, 'expand');
  const undo = scriptsOf(files, 'expand', 'undo');
  return [
    ...expand
      .filter((script) => !undo.some((other) => isSameVersion(other, script)))
      .map((script) =>
        refuse(
          `${script.script}: cannot be taken back; expected expand/U${script.version}__….sql beside it, found none`,
        ),
      ),
    ...undo
      .filter((script) => !expand.some((other) => isSameVersion(other, script)))
      .map((script) => refuse(`${script.script}: expected expand/V${script.version}__….sql beside it, found none`)),
    ...[...scriptsOf(files, 'backfill', 'undo'), ...scriptsOf(files, 'contract', 'undo')].map((script) =>
      refuse(`${script.script}: only files of expand are taken back; remove it`),
    ),
  ];
}

function historyRefusals(files: readonly MigrationFile[], history: FlywayHistory): readonly Refusal[] {
  const { baseline } = history;
  return migrationPhases.flatMap((phase) =>
    scriptsOf(files, phase).flatMap((script): Refusal[] => {
      const applied = findApplied(history, script.version);
      if (applied !== undefined && applied.checksum !== null && applied.checksum !== script.checksum) {
        return [
          {
            code: 'migration-changed',
            message: `${script.script}: expected the content applied as ${applied.script} with checksum ${applied.checksum}, found checksum ${script.checksum}`,
          },
        ];
      }
      if (isUnended(history, script.version)) {
        return [refuse(`${script.script}: Flyway has it as failed; put the database right and run flyway repair`)];
      }
      if (baseline !== undefined && compareMigrationVersions(script.version, baseline) <= 0) {
        return [refuse(`${script.script}: expected a version above the baseline ${baseline} of flyway_schema_history`)];
      }
      return [];
    }),
  );
}

function statementRefusals(file: MigrationFile): readonly Refusal[] {
  const statements = splitStatements(file.sql);
  if (statements.length === 0) return [refuse(`${scriptName(file)}: expected at least one statement, found none`)];
  const unsafe = statements.flatMap((statement) => {
    const reason = unsafeReason(statement);
    const place = placeOf(scriptName(file), file.sql, statement);
    return reason === undefined ? [] : [refuse(`${describePlace(place)}: ${reason}`)];
  });
  if (file.phase !== 'backfill' || unsafe.length > 0) return unsafe;
  const read = readBackfillFile(file);
  return 'problems' in read ? read.problems.map((problem) => refuse(problem)) : [];
}

/** Without the version in the name nobody can tell who still uses the old schema. */
function sessionRefusals({ files, sessions }: Migration): readonly Refusal[] {
  if (sessions === undefined || sessions.pattern !== sessions.current) return [];
  if (scriptsOf(files, 'contract').length === 0) return [];
  return [
    refuse(
      `expected the application_name of the service's sessions to hold the version, found ${sessions.pattern} for all of them: contract could not tell the old version's sessions`,
    ),
  ];
}

function isSameVersion(a: MigrationScript, b: MigrationScript): boolean {
  return compareMigrationVersions(a.version, b.version) === 0;
}
