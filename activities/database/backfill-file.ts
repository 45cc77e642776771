import type { MigrationFile } from '../../domain/migration.js';
import { type BackfillHeader, readBackfillHeader } from './backfill-header.js';
import { type BackfillUpdate, readBackfillUpdate } from './backfill-update.js';
import { scriptName } from './migration-script.js';
import { splitStatements } from './sql-statements.js';

/** A file of the backfill phase: its head comment and its one UPDATE. */
export interface BackfillFile {
  readonly header: BackfillHeader;
  readonly update: BackfillUpdate;
}

export interface BackfillProblems {
  /** Each with file and line. */
  readonly problems: readonly string[];
}

/**
 *     -- sluice: table=customers key=id batch=2000
 *     update customers set first_name = split_part(full_name, ' ', 1)
 *     where id > :after and id <= :upto and first_name is null
 */
export function readBackfillFile(file: MigrationFile): BackfillFile | BackfillProblems {
  const script = scriptName(file);
  const [statement, second] = splitStatements(file.sql);
  if (statement === undefined || second !== undefined) {
    return { problems: [`${script}: expected exactly one UPDATE statement, found ${second ? 'more' : 'none'}`] };
  }
  const header = readBackfillHeader(script, file.sql, statement);
  if ('problems' in header) return header;
  const update = readBackfillUpdate({ script, sql: file.sql, statement, header });
  return 'problems' in update ? update : { header, update };
}
