import type { DatabaseRequest, ReleaseRequest } from '../release-request.js';
import type { DatabaseFacts, ReleaseFacts } from './facts.js';
import { type Finding, broken, judgeSeen, ok, warning } from './finding.js';

/** The oldest that the tests of the schema engine run on. */
const oldestVersion = 13;

export function judgeDatabase({ database }: ReleaseRequest, facts: ReleaseFacts): readonly Finding[] {
  if (database === undefined || facts.database === undefined) return [];
  return judgeSeen('database', facts.database, (seen) => [judgeVersion(seen), judgeSessions(database, seen)]);
}

function judgeVersion({ version }: DatabaseFacts): Finding {
  const major = Math.floor(version / 10_000);
  if (major >= oldestVersion) return ok('database', `reachable, Postgres ${major}.${version % 10_000}`);
  return broken('database', `expected Postgres ${oldestVersion} or later, found ${major}`, 'Upgrade the database.');
}

/** Sessions without the version cannot be told apart, so nobody could prove that the old version is gone. */
function judgeSessions({ applicationName }: DatabaseRequest, { sessions }: DatabaseFacts): Finding {
  const names = Object.entries(sessions).map(([name, count]) => `${count} × ${name}`);
  if (names.length > 0) return ok('application_name', names.join(', '));
  return warning(
    'application_name',
    `expected sessions named like ${applicationName}, found none`,
    'Let the service set application_name with its version: contract waits for proof that the old version has none.',
  );
}
