import {
  type MigrationFile,
  type MigrationName,
  type MigrationPhase,
  migrationPhases,
} from '../../domain/migration.js';
import type { PreviewMigration } from '../../domain/preview.js';
import { scriptsOf } from './migration-script.js';
import type { SchemaPlan } from './schema-engine.js';
import { splitStatements } from './sql-statements.js';

/** The files in the order they are run, each phase's undo files after it; `pending` is absent when nobody knows. */
export function migrationPreviews(
  files: readonly MigrationFile[],
  pending: SchemaPlan['pending'] | undefined,
): PreviewMigration[] {
  const preview = (phase: MigrationPhase, kind: MigrationName['kind']) =>
    scriptsOf(files, phase, kind).map(({ script, sql }) => ({
      phase,
      kind,
      file: script,
      ...(kind === 'undo' || pending === undefined ? {} : { applied: !pending[phase].includes(script) }),
      statements: splitStatements(sql).map(({ text }) => text),
    }));
  return migrationPhases.flatMap((phase) => [...preview(phase, 'versioned'), ...preview(phase, 'undo')]);
}
