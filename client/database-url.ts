import { ClientError } from './client-error.js';

/** The database that was named, or that the environment names: `DATABASE_URL`, else libpq's variables. */
export function findDatabaseUrl(
  named: string | undefined,
  { DATABASE_URL, PGHOST, PGDATABASE, PGSERVICE }: NodeJS.ProcessEnv,
): string | undefined {
  if (named !== undefined) return named;
  if (isSet(DATABASE_URL)) return DATABASE_URL;
  if (isSet(PGSERVICE) && !isSet(PGHOST)) throw noServices(PGSERVICE);
  // The driver takes what the URL leaves out from the same variables.
  return isSet(PGHOST) || isSet(PGDATABASE) ? 'postgres:///' : undefined;
}

export function requireDatabaseUrl(named: string | undefined, environment: NodeJS.ProcessEnv): string {
  const url = findDatabaseUrl(named, environment);
  if (url !== undefined) return url;
  throw new ClientError({
    exit: 'usage',
    message: 'expected a database, found none named',
    remedy: 'Name one with --url, DATABASE_URL, or PGHOST and PGDATABASE.',
  });
}

/** A database that is not the one meant is worse than none. */
function noServices(service: string): ClientError {
  return new ClientError({
    exit: 'usage',
    message: `expected the address of a database, found the libpq service ${service}, whose file is not read`,
    remedy: 'Name it with --url, DATABASE_URL, or PGHOST and PGDATABASE.',
  });
}

function isSet(value: string | undefined): value is string {
  return value !== undefined && value !== '';
}
