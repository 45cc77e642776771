import type { ObservedStatement } from '../../../domain/lint/finding.js';
import { isReleaseError } from '../../../domain/failure.js';
import { compareMigrationVersions, migrationPhases, parseMigrationName } from '../../../domain/migration.js';
import type { Connection } from '../connection.js';
import { type FlywayHistory, findApplied, readHistory } from '../flyway-history.js';
import { aloneBecause } from './checks/transactions.js';
import { excerpt, statementLength } from './excerpt.js';
import type { LintFile, LintStatement } from './lint-file.js';
import type { LocatedHit } from './located-hit.js';
import { observe } from './observe.js';
import { reachesOutside } from './outside-reach.js';
import { type CopyOrder, withSchemaCopy } from './schema-copy.js';

export interface DryRun {
  readonly hits: readonly LocatedHit[];
  readonly observed: readonly ObservedStatement[];
  /** Not run: they reach outside of the database, and so of the copy. */
  readonly leftOut: readonly LintFile[];
}

/** Runs the files, each in a transaction, in the order of a release on a copy of the schema. Undo files are left out. */
export async function dryRun(
  order: CopyOrder & { readonly files: readonly LintFile[] },
): Promise<DryRun | { readonly unavailable: string }> {
  const history = await readHistory(order.connection);
  const pending = order.files.filter((file) => isToRun(file, history)).toSorted(inOrder);
  const leftOut = pending.filter(({ statements }) => statements.some(({ node }) => reachesOutside(node)));
  const files = pending.filter((file) => !leftOut.includes(file));
  return withSchemaCopy(order, async (copy) => {
    const observed: ObservedStatement[] = [];
    const hits: LocatedHit[] = [];
    for (const file of files) {
      const failure = await runFile(copy, file, (statement, seen) => {
        const { line } = file.places.of(statement.at);
        observed.push({ file: file.file, line, statement: excerpt(statement.text, statementLength), ...seen });
        const tables = seen.rewritten;
        if (tables.length === 0) return;
        const what = `writes ${tables.join(', ')} anew on the copy`;
        hits.push({ file, at: statement.at, text: statement.text, rule: 'dry-run-rewrite', what, tables });
      });
      if (failure === undefined) continue;
      hits.push(failure);
      // What comes after would fail for want of it.
      break;
    }
    return { observed, hits, leftOut };
  });
}

type Seen = Pick<ObservedStatement, 'locks' | 'rewritten'>;

/** Answers with what failed. */
async function runFile(
  copy: Connection,
  file: LintFile,
  onSeen: (statement: LintStatement, seen: Seen) => void,
): Promise<LocatedHit | undefined> {
  const [only, second] = file.statements;
  if (only !== undefined && second === undefined && aloneBecause(only.node) !== undefined) {
    return failureOf(file, only, () => copy.query(only.text));
  }
  await copy.query('begin');
  for (const statement of file.statements) {
    const text = file.readable.slice(statement.at, statement.at + statement.text.length);
    const failure = await failureOf(file, statement, async () => {
      onSeen(
        statement,
        await observe(copy, file.phase === 'backfill' ? text.replaceAll('$1', 'null') : statement.text),
      );
    });
    if (failure === undefined) continue;
    await copy.query('rollback');
    return failure;
  }
  // A deferred constraint speaks here.
  const [last] = file.statements.slice(-1);
  return last === undefined ? undefined : failureOf(file, last, () => copy.query('commit'));
}

async function failureOf(
  file: LintFile,
  { at, text }: LintStatement,
  run: () => Promise<unknown>,
): Promise<LocatedHit | undefined> {
  try {
    await run();
    return undefined;
  } catch (error) {
    if (!isReleaseError(error) || error.code !== 'migration-failed') throw error;
    return { file, at, text, rule: 'dry-run-failed', what: `fails: ${error.message}` };
  }
}

function isToRun({ file, errors }: LintFile, history: FlywayHistory): boolean {
  const name = nameIn(file);
  if (errors.length > 0 || name?.kind === 'undo') return false;
  return name === undefined || findApplied(history, name.version) === undefined;
}

/** By phase, then by version; files without either stay where they are. */
function inOrder(a: LintFile, b: LintFile): number {
  const phase = ({ phase }: LintFile) => (phase === undefined ? -1 : migrationPhases.indexOf(phase));
  const [left, right] = [nameIn(a.file), nameIn(b.file)];
  const byVersion = left && right ? compareMigrationVersions(left.version, right.version) : 0;
  return phase(a) - phase(b) || byVersion;
}

function nameIn(file: string): ReturnType<typeof parseMigrationName> {
  return parseMigrationName(file.split(/[\\/]/).at(-1) ?? '');
}
