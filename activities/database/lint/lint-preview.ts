import { unknownFacts } from '../../../domain/flyway/placeholders.js';
import { readyFiles } from '../../../domain/flyway/ready-files.js';
import type { MigrationFile } from '../../../domain/migration.js';
import type { PreviewLint, PreviewMigration } from '../../../domain/preview.js';
import { scriptName } from '../migration-script.js';
import { lint } from './lint.js';

/** An answer travels in one message, whose size Temporal limits. */
const mostFindings = 50;

/** Lints what a release would run: without a database, and without what is applied already. */
export async function lintPreviews(
  files: readonly MigrationFile[],
  previews: readonly PreviewMigration[],
): Promise<PreviewLint> {
  const ready = readyFiles(files, unknownFacts).files;
  const inputs = previews.flatMap(({ file, phase, applied }) => {
    const sql = ready.find((each) => scriptName(each) === file)?.sql;
    return sql === undefined || applied === true ? [] : [{ file, phase, sql }];
  });
  if (inputs.length === 0) return { findings: [], more: 0 };
  const { findings } = await lint({ inputs });
  const sorted = findings.toSorted((a, b) => Number(b.severity === 'error') - Number(a.severity === 'error'));
  return { findings: sorted.slice(0, mostFindings), more: Math.max(0, sorted.length - mostFindings) };
}
