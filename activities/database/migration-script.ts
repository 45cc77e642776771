import { type MigrationFile, type MigrationName, migrationsOf, type MigrationPhase } from '../../domain/migration.js';
import { flywayChecksum } from './flyway-checksum.js';

/** A file with what the history knows of it. */
export interface MigrationScript extends MigrationFile, MigrationName {
  /** `expand/V2.1__customer_names.sql`: the path Flyway gives it when its location is the folder above. */
  readonly script: string;
  /** Of the file as it stands on disk. */
  readonly checksum: number;
  /** Of what is run: another one where the file has placeholders. */
  readonly textChecksum: number;
}

/** In version order; files whose name is not Flyway's are left out. */
export function scriptsOf(
  files: readonly MigrationFile[],
  phase: MigrationPhase,
  kind: MigrationName['kind'] = 'versioned',
): readonly MigrationScript[] {
  return migrationsOf(files, phase, kind).map((file) => ({
    ...file,
    script: scriptName(file),
    checksum: flywayChecksum(file.source ?? file.sql),
    textChecksum: flywayChecksum(file.sql),
  }));
}

export function scriptName(file: Pick<MigrationFile, 'phase' | 'name'>): string {
  return `${file.phase}/${file.name}`;
}
