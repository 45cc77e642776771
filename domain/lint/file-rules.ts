import { type LintRule, harmless } from './rule.js';

/** What is wrong with a file, or with a statement in the place where it stands. */
export const fileRules = {
  'syntax-error': harmless(
    'error',
    'Postgres does not take the statement',
    'mend it; the place is where the parser gave up',
  ),
  'whole-table-update': harmless(
    'error',
    'every row is locked until the transaction ends, and all of the table is written to the log at once',
    'a file in backfill/ with a head comment: it goes through the table in batches',
  ),
  'whole-table-delete': harmless(
    'error',
    'every row is locked until the transaction ends, and nothing brings them back',
    'delete in batches outside of the release, or drop the table in contract/',
  ),
  'data-change-in-expand': harmless(
    'error',
    'expand is one transaction a file: its rows stay locked until the end, and its undo does not bring them back',
    'a file in backfill/, which goes through the table in batches',
  ),
  'not-an-update-in-backfill': harmless(
    'error',
    'a backfill is one UPDATE that is run a batch at a time; nothing else is taken',
    'schema changes go to expand/ or contract/',
  ),
  'addition-in-contract': harmless(
    'warning',
    'contract comes after the last proof: nothing has used what is added here, and nothing takes it back',
    'add it in expand/',
  ),
  'concurrently-in-transaction': harmless(
    'error',
    'Postgres refuses it inside a transaction block, and several statements sent together are one',
    'put it alone into a file of its own',
  ),
  'concurrent-index-if-not-exists': harmless(
    'warning',
    'an attempt that failed leaves an invalid index behind, which IF NOT EXISTS takes for done',
    'leave IF NOT EXISTS out, and DROP INDEX CONCURRENTLY what a failed attempt left',
  ),
  'concurrent-index-on-parent': harmless(
    'error',
    'Postgres refuses CONCURRENTLY on a partitioned table',
    'CREATE INDEX ON ONLY the partitioned table, build one CONCURRENTLY on each partition, and ATTACH PARTITION each',
  ),
  'transaction-control': harmless(
    'error',
    'every file is run in one transaction, which it must neither begin nor end itself',
    'remove the statement, or cut the file in two',
  ),
  'lock-timeout-in-file': harmless(
    'error',
    'the lock timeout is what protects the running version from waiting behind this file',
    'set database.lockTimeout in the manifest',
  ),
  'copy-without-input': harmless('error', 'a file has no input of its own', 'put the rows into INSERT statements'),
  'enum-value-in-transaction': harmless(
    'error',
    'a new enum value cannot be used in the transaction that adds it',
    'add the value in a file of its own, before the one that uses it',
  ),
  'bad-suppression': harmless(
    'error',
    'nothing is suppressed: the comment has no reason, or names no rule',
    '-- sluice-ignore: rule-name why it is safe here',
  ),
  'unused-suppression': harmless(
    'warning',
    'nothing is found where the comment stands: it would hide the next mistake',
    'remove the comment',
  ),
  'operation-refused': harmless(
    'error',
    'nothing of the file is begun, nor of those behind it',
    'mend what is named; the operation’s page says what it takes',
  ),
  'dry-run-failed': harmless(
    'error',
    'the statement failed on a copy of the schema',
    'mend it, or bring the schema of the database to where the files begin',
  ),
  'dry-run-rewrite': {
    severity: 'error',
    breaks: 'on a copy of the schema the table was written anew',
    blocks: 'everybody',
    work: 'rewrites the table',
    recipe: 'see change-column-type and add-column-rewrite',
  },
} as const satisfies Record<string, LintRule>;
