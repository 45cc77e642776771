import type { LintRule } from './rule.js';

/** Statements that keep others waiting, for longer than it looks. */
export const lockRules = {
  'add-column-rewrite': {
    severity: 'error',
    breaks: 'every row has to be written anew to hold the value, the indexes as well',
    blocks: 'everybody',
    work: 'rewrites the table',
    recipe:
      'add the column without it, set the default in a second statement for new rows, and fill old rows in backfill/; a generated column becomes a trigger, or VIRTUAL from Postgres 18',
  },
  'change-column-type': {
    severity: 'error',
    breaks:
      'the table is rewritten unless the old type is stored as the new one is, and both versions read the same column',
    blocks: 'everybody',
    work: 'rewrites the table',
    recipe:
      'add a column of the new type, keep both alike with a trigger, fill it in backfill/, drop the old one in contract/',
  },
  'set-not-null': {
    severity: 'error',
    breaks: 'the whole table is read for a NULL, since no valid CHECK tells that there is none',
    blocks: 'everybody',
    work: 'reads the table',
    recipe:
      'add CHECK (… IS NOT NULL) NOT VALID, backfill, VALIDATE it in a file of its own, then SET NOT NULL and drop the CHECK; from Postgres 18 NOT NULL … NOT VALID does it directly',
  },
  'check-without-not-valid': {
    severity: 'error',
    breaks: 'every row is checked while the table is locked',
    blocks: 'everybody',
    work: 'reads the table',
    recipe: 'add it NOT VALID, and VALIDATE CONSTRAINT in a later file',
  },
  'foreign-key-without-not-valid': {
    severity: 'error',
    breaks: 'every row is looked up in the other table while both are locked',
    blocks: 'writers',
    work: 'reads the table',
    recipe: 'add it NOT VALID, and VALIDATE CONSTRAINT in a later file',
  },
  'validate-with-add': {
    severity: 'error',
    breaks:
      'the strong lock of ADD CONSTRAINT is held until the validation has read the table: NOT VALID gained nothing',
    blocks: 'everybody',
    work: 'reads the table',
    recipe: 'put VALIDATE CONSTRAINT into a file of its own: each file is a transaction',
  },
  'unique-without-index': {
    severity: 'error',
    breaks: 'the index behind the constraint is built while the table is locked',
    blocks: 'everybody',
    work: 'builds an index',
    recipe:
      'the operation create_constraint, or CREATE UNIQUE INDEX CONCURRENTLY by hand before the release, then ADD CONSTRAINT … USING INDEX',
  },
  'exclusion-constraint': {
    severity: 'error',
    breaks: 'its index is built while the table is locked, and cannot be built beforehand',
    blocks: 'everybody',
    work: 'builds an index',
    recipe: 'add it to a new table and move the rows there in backfill/, or add it while nobody uses the table',
  },
  'index-without-concurrently': {
    severity: 'error',
    breaks: 'the index is built while the table is locked against writes',
    blocks: 'writers',
    work: 'builds an index',
    recipe:
      'the operation create_index, or CREATE INDEX CONCURRENTLY by hand before the release, without IF NOT EXISTS',
  },
  'drop-index-without-concurrently': {
    severity: 'error',
    breaks: 'the table is locked, not just the index',
    blocks: 'everybody',
    work: 'nothing',
    recipe: 'the operation drop_index, or DROP INDEX CONCURRENTLY by hand after the release',
  },
  'reindex-without-concurrently': {
    severity: 'error',
    breaks: 'the index is built anew while the table is locked against writes, and no query can use it meanwhile',
    blocks: 'writers',
    work: 'builds an index',
    recipe: 'REINDEX … CONCURRENTLY, by hand outside of a release',
  },
  'drop-constraint': {
    severity: 'warning',
    breaks: 'a foreign key locks both of its tables, and what the constraint kept out may come in from now on',
    blocks: 'everybody',
    work: 'nothing',
    recipe: 'drop it alone in a file of contract/, once nothing of the old version relies on it',
  },
  'create-trigger': {
    severity: 'warning',
    breaks: 'it fires for the old version’s writes too: where it raises an error, they fail',
    blocks: 'writers',
    work: 'nothing',
    recipe:
      'create it in the file that adds its columns, and write a function that cannot fail on what is written today',
  },
  'disable-trigger': {
    severity: 'error',
    breaks: 'whatever both versions write meanwhile is neither checked nor carried over by it',
    blocks: 'writers',
    work: 'nothing',
    recipe: 'replace the trigger’s function by one that does nothing for the case in question',
  },
  'attach-partition': {
    severity: 'warning',
    breaks: 'every row of the new partition is checked against its bounds, unless a valid CHECK says the same',
    blocks: 'everybody',
    work: 'reads the table',
    recipe: 'add a CHECK that repeats the bounds NOT VALID, VALIDATE it in a later file, attach, drop the CHECK',
  },
  'detach-partition': {
    severity: 'error',
    breaks: 'the partitioned table is locked with all of its partitions',
    blocks: 'everybody',
    work: 'nothing',
    recipe:
      'the operation detach_partition, or DETACH PARTITION … CONCURRENTLY by hand after the release (from Postgres 14)',
  },
  'create-partition': {
    severity: 'warning',
    breaks: 'PARTITION OF locks the partitioned table',
    blocks: 'everybody',
    work: 'nothing',
    recipe: 'create it LIKE the partitioned table, then ATTACH PARTITION, which locks the new table alone',
  },
  'vacuum-full': {
    severity: 'error',
    breaks: 'the table is written anew while nobody can use it',
    blocks: 'everybody',
    work: 'rewrites the table',
    recipe: 'plain VACUUM or pg_repack, by hand outside of a release',
  },
  cluster: {
    severity: 'error',
    breaks: 'the table is written anew in order while nobody can use it',
    blocks: 'everybody',
    work: 'rewrites the table',
    recipe: 'pg_repack outside of a release',
  },
  'refresh-materialized-view': {
    severity: 'error',
    breaks: 'nobody can read the view until its query has ended',
    blocks: 'everybody',
    work: 'rewrites the table',
    recipe: 'REFRESH MATERIALIZED VIEW CONCURRENTLY, which needs a unique index on it',
  },
  'change-persistence': {
    severity: 'error',
    breaks: 'the table is written anew; an UNLOGGED one is empty after a crash and on every replica',
    blocks: 'everybody',
    work: 'rewrites the table',
    recipe: 'fill a new table of the wanted kind and swap the two in contract/',
  },
  'lock-table': {
    severity: 'warning',
    breaks: 'the lock is held until the last statement of the file',
    blocks: 'everybody',
    work: 'nothing',
    recipe: 'leave it out: every statement takes the lock it needs; where the order matters, put it right before them',
  },
  'replica-identity': {
    severity: 'warning',
    breaks:
      'subscribers find rows by it: a row changed in between cannot be found, and with FULL every change sends the whole row',
    blocks: 'everybody',
    work: 'nothing',
    recipe: 'USING INDEX of a unique index on columns that are NOT NULL, in a file of its own, before any backfill',
  },
  'several-tables-locked': {
    severity: 'warning',
    breaks:
      'one transaction that locks several tables in its own order meets others in theirs: a deadlock, with a request as its victim',
    blocks: 'everybody',
    work: 'nothing',
    recipe: 'a file for each table',
  },
} as const satisfies Record<string, LintRule>;
