import type { LintDatabase } from '../domain/lint/finding.js';
import { ClientError } from './client-error.js';

interface DatabaseOptions {
  readonly url?: string;
  readonly dryRun?: boolean;
}

/**
 * The database that was named, or that the environment names: `DATABASE_URL`, else libpq's variables. One that stands
 * in the environment for other reasons may be away; one that was asked for may not.
 */
export function lintDatabase(
  { url, dryRun = false }: DatabaseOptions,
  { DATABASE_URL, PGHOST, PGDATABASE }: NodeJS.ProcessEnv,
): LintDatabase | undefined {
  if (url !== undefined) return { url, optional: false, dryRun };
  const optional = !dryRun;
  if (isSet(DATABASE_URL)) return { url: DATABASE_URL, optional, dryRun };
  // The driver takes what the URL leaves out from the same variables.
  if (isSet(PGHOST) || isSet(PGDATABASE)) return { url: 'postgres:///', optional, dryRun };
  if (!dryRun) return undefined;
  throw new ClientError({
    exit: 'usage',
    message: 'expected a database for the dry run, found none',
    remedy: 'Name one with --url, DATABASE_URL, or PGHOST and PGDATABASE.',
  });
}

function isSet(value: string | undefined): value is string {
  return value !== undefined && value !== '';
}
