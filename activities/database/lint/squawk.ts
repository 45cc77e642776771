import { execFile } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import path from 'node:path';
import type { RuleName } from '../../../domain/lint/rules.js';
import { excerpt } from './excerpt.js';
import type { LintFile } from './lint-file.js';
import type { LocatedHit } from './located-hit.js';
import { placesOf } from './text-places.js';

/** What squawk found, or why it could not be asked. */
export type SquawkAnswer =
  { readonly hits: readonly LocatedHit[]; readonly unread: readonly LintFile[] } | { readonly unavailable: string };

/** Reads all files with one run of squawk's program; a `.squawk.toml` of the user is not looked for. */
export async function askSquawk(files: readonly LintFile[], postgres: number): Promise<SquawkAnswer> {
  const folder = await mkdtemp(path.join(tmpdir(), 'sluice-lint-'));
  try {
    await writeFile(path.join(folder, '.squawk.toml'), '');
    const names = files.map((_, index) => `${index}.sql`);
    await Promise.all(files.map((file, index) => writeFile(path.join(folder, `${index}.sql`), file.readable)));
    const args = ['--reporter', 'json', '--assume-in-transaction', `--pg-version=${postgres}`, ...names];
    return hitsOf(JSON.parse(await runSquawk(findBinary(), args, folder)) as SquawkProblem[], files);
  } catch (error) {
    if (error instanceof SquawkUnavailable) return { unavailable: error.message };
    throw error;
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

class SquawkUnavailable extends Error {}

interface SquawkProblem {
  readonly file: string;
  /** From 0; columns in bytes. */
  readonly line: number;
  readonly column: number;
  readonly line_end: number;
  readonly column_end: number;
  readonly rule_name: string;
}

/**
 * Rules of squawk, and their names here. `off`: decided here, by what squawk does not know (the phase, the files before,
 * the type a column had); kept by sluice itself (lock timeouts, one transaction a file); or a matter of taste.
 */
const squawkNames: Readonly<Record<string, RuleName | 'off'>> = {
  'adding-field-with-default': 'off',
  'adding-foreign-key-constraint': 'off',
  'adding-not-nullable-field': 'off',
  'adding-required-field': 'off',
  'adding-serial-primary-key-field': 'off',
  'ban-alter-domain-with-add-constraint': 'ban-alter-domain-with-add-constraint',
  'ban-char-field': 'ban-char-field',
  'ban-concurrent-index-creation-in-transaction': 'off',
  'ban-create-domain-with-constraint': 'ban-create-domain-with-constraint',
  'ban-drop-column': 'off',
  'ban-drop-database': 'ban-drop-database',
  'ban-drop-not-null': 'ban-drop-not-null',
  'ban-drop-table': 'off',
  'ban-truncate-cascade': 'off',
  'ban-uncommitted-transaction': 'off',
  'changing-column-type': 'off',
  'constraint-missing-not-valid': 'off',
  'disallowed-unique-constraint': 'off',
  'identifier-too-long': 'identifier-too-long',
  'prefer-bigint-over-int': 'off',
  'prefer-bigint-over-smallint': 'off',
  'prefer-identity': 'prefer-identity',
  'prefer-repack': 'off',
  'prefer-robust-stmts': 'off',
  'prefer-text-field': 'off',
  'prefer-timestamp-tz': 'prefer-timestamptz',
  'renaming-column': 'off',
  'renaming-table': 'off',
  'require-concurrent-index-creation': 'off',
  'require-concurrent-index-deletion': 'off',
  'require-concurrent-partition-detach': 'off',
  'require-concurrent-reindex': 'off',
  'require-enum-value-ordering': 'off',
  'require-lock-timeout': 'off',
  'require-statement-timeout': 'off',
  'require-timeout-settings': 'off',
  'syntax-error': 'off',
  'transaction-nesting': 'off',
  'unused-ignore': 'off',
};

function hitsOf(problems: readonly SquawkProblem[], files: readonly LintFile[]): SquawkAnswer {
  const read = files.map((file) => ({ file, places: placesOf(file.readable) }));
  const unread = new Set<LintFile>();
  const hits = problems.flatMap((problem): LocatedHit[] => {
    const { file, places } = read[Number.parseInt(problem.file, 10)] ?? {};
    const rule = squawkNames[problem.rule_name];
    if (file === undefined || places === undefined || rule === undefined) {
      throw new Error(`expected a rule of squawk that is known here, found ${problem.rule_name} in ${problem.file}`);
    }
    if (problem.rule_name === 'syntax-error') unread.add(file);
    if (rule === 'off') return [];
    const from = places.offsetOfByte(problem.line, problem.column);
    const to = places.offsetOfByte(problem.line_end, problem.column_end);
    const range = file.rangeAt(from);
    if (range === undefined) return [];
    return [{ file, at: range.at, text: range.text, rule, what: `has ${excerpt(file.sql.slice(from, to), 60)}` }];
  });
  return { hits, unread: [...unread] };
}

const require = createRequire(import.meta.url);

function findBinary(): string {
  try {
    // The package has no main module, and only its program is used.
    const squawk = require('squawk-cli/js/index.js') as { getBinaryPath(): string };
    return squawk.getBinaryPath();
  } catch (error) {
    throw new SquawkUnavailable((error as Error).message.split('\n')[0]);
  }
}

const timeoutMs = 30_000;
const outputBytes = 64 * 1024 * 1024;

/** 1 is its exit code for findings. */
function runSquawk(file: string, args: readonly string[], cwd: string): Promise<string> {
  return new Promise((resolve, reject) => {
    execFile(file, args, { cwd, timeout: timeoutMs, maxBuffer: outputBytes }, (error, stdout) => {
      if (error === null || error.code === 1) resolve(stdout);
      else reject(new SquawkUnavailable(`squawk gave no answer: ${error.message.split('\n')[0]}`));
    });
  });
}
