import type { LintDatabase, LintLayer } from '../../../domain/lint/finding.js';
import { isReleaseError } from '../../../domain/failure.js';
import { connect } from '../connection.js';
import { type DryRun, dryRun } from './dry-run.js';
import type { LintFile } from './lint-file.js';
import { type DatabaseFacts, describeFacts, readDatabaseFacts } from './live-facts.js';
import { relationsIn } from './tree.js';

export interface DatabaseAnswer {
  readonly facts?: DatabaseFacts;
  readonly dryRun?: DryRun;
  readonly layers: readonly LintLayer[];
}

/** Everything the lint learns from a database, and what of it it could not. */
export async function askDatabase(
  database: LintDatabase | undefined,
  files: readonly LintFile[],
): Promise<DatabaseAnswer> {
  if (database === undefined) {
    const detail = 'no database was named (--url, DATABASE_URL, or libpq’s PGHOST and the like)';
    return { layers: [{ name: 'live facts', ran: false, detail }] };
  }
  try {
    return await ask(database, files);
  } catch (error) {
    if (!database.optional || !isReleaseError(error)) throw error;
    return { layers: [{ name: 'live facts', ran: false, detail: error.message }] };
  }
}

async function ask({ url, dryRun: wanted }: LintDatabase, files: readonly LintFile[]): Promise<DatabaseAnswer> {
  const connection = await connect({
    url,
    applicationName: 'sluice-lint',
    lockTimeoutMs: 1_000,
    statementTimeoutMs: 30_000,
  });
  try {
    const names = new Set(files.flatMap(({ statements }) => statements.flatMap(({ node }) => [...relationsIn(node)])));
    const facts = await readDatabaseFacts(connection, [...names]);
    const layer: LintLayer = { name: 'live facts', ran: true, detail: describeFacts(facts) };
    if (!wanted) return { facts, layers: [layer] };
    const run = await dryRun({ connection, url, files });
    if ('unavailable' in run) {
      return { facts, layers: [layer, { name: 'dry run', ran: false, detail: run.unavailable }] };
    }
    const leftOut = run.leftOut.map(({ file }) => file).join(', ');
    const rest = leftOut === '' ? '' : `; left out, because they reach outside of the database: ${leftOut}`;
    const detail = `on a copy of the schema without rows, which is gone again${rest}`;
    return { facts, dryRun: run, layers: [layer, { name: 'dry run', ran: true, detail }] };
  } finally {
    await connection.close();
  }
}
