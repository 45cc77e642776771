import type { MigrationFiles } from '../../domain/migration.js';
import { readOperationFiles } from '../database/operations/operation-file.js';
import type { ManifestProblem } from './manifest-problem.js';
import { migrationBytesLimit } from './migration-set.js';

/** What can be said about files of operations without reading the database. Paths end in the file's name. */
export function checkOperationSet({ migrations, operations = [] }: MigrationFiles): ManifestProblem[] {
  const folder = ['database', 'migrations'];
  const bytes = operations.reduce((sum, file) => sum + Buffer.byteLength(file.text), 0);
  const limit = `expected at most ${migrationBytesLimit} bytes of files of operations in all, found ${bytes}`;
  // What is too much is not read.
  if (bytes > migrationBytesLimit) return [{ path: folder, message: limit }];
  const mixed = 'expected either SQL in phase folders or files of operations, found both';
  return [
    ...(operations.length > 0 && migrations.length > 0 ? [{ path: folder, message: mixed }] : []),
    ...readOperationFiles(operations).problems.map(({ file, line, column, message }) => ({
      path: [...folder, file],
      message,
      place: { line, column },
    })),
  ];
}
