import type { Statement } from './sql-statements.js';
import { wordOf } from './sql-statements.js';

/** Why a statement cannot be part of a migration file; `undefined` when it can. */
export function unsafeReason(statement: Statement): string | undefined {
  if (statement.tokens.some((token) => token.kind === 'unclosed')) {
    return 'expected every string, name and comment to be closed, found one that is not';
  }
  const words = statement.tokens.flatMap((token) => wordOf(token) ?? []).join(' ');
  const found = refusals.find(({ pattern }) => pattern.test(words));
  return found && `${found.because} (found ${words.split(' ').slice(0, 4).join(' ').toUpperCase()})`;
}

const outsideTransaction =
  'every file runs in one transaction, in which this statement cannot run; run it by hand before the release, or leave it out';
const transactionControl =
  'every file runs in one transaction, which it must not begin or end itself; remove the statement';

/** Matched against the bare words of the statement, in lower case. */
const refusals: readonly { readonly pattern: RegExp; readonly because: string }[] = [
  { pattern: /^(create( unique)?|drop) index concurrently\b/, because: outsideTransaction },
  { pattern: /^reindex (database|system|schema)\b/, because: outsideTransaction },
  { pattern: /^reindex\b.* concurrently\b/, because: outsideTransaction },
  { pattern: /^alter table\b.* detach partition\b.* concurrently\b/, because: outsideTransaction },
  { pattern: /^vacuum\b/, because: outsideTransaction },
  { pattern: /^(create|drop) (database|tablespace)\b/, because: outsideTransaction },
  { pattern: /^alter (system|database\b.* set tablespace)\b/, because: outsideTransaction },
  { pattern: /^(create|alter|drop) subscription\b/, because: outsideTransaction },
  { pattern: /^discard all\b/, because: outsideTransaction },
  { pattern: /^(begin|commit|end|abort|start transaction|prepare transaction)\b/, because: transactionControl },
  { pattern: /^rollback\b(?! (work |transaction )?to\b)/, because: transactionControl },
  {
    pattern: /^(set|reset)( session| local)? (lock_timeout|all)\b/,
    because: 'the lock timeout is what protects the running version; set it in the manifest, not in a file',
  },
  {
    pattern: /^copy\b.* from (stdin|program)\b/,
    because: 'a file has no input of its own; put the rows into INSERT statements',
  },
];
