import type { LintDatabase } from '../domain/lint/finding.js';
import { findDatabaseUrl, requireDatabaseUrl } from './database-url.js';

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
  environment: NodeJS.ProcessEnv,
): LintDatabase | undefined {
  const optional = url === undefined && !dryRun;
  const found = dryRun ? requireDatabaseUrl(url, environment) : findDatabaseUrl(url, environment);
  return found === undefined ? undefined : { url: found, optional, dryRun };
}
