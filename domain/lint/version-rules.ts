import { type LintRule, harmless } from './rule.js';

const inContract =
  'stop using it in the new version, and move the statement to contract/, where the old one is proven gone';

/** Statements that a version which still runs does not survive. */
export const versionRules = {
  'add-required-column': {
    severity: 'error',
    breaks: 'it fails on a table with rows, and the old version’s inserts fail for want of a value',
    blocks: 'everybody',
    work: 'nothing',
    recipe: 'add it with a constant default, or without NOT NULL, and see set-not-null',
  },
  'drop-column': {
    severity: 'error',
    breaks: 'the version that serves still reads and writes it',
    blocks: 'everybody',
    work: 'nothing',
    recipe: inContract,
  },
  'drop-table': {
    severity: 'error',
    breaks: 'the version that serves still uses it; a foreign key locks the other table, too',
    blocks: 'everybody',
    work: 'nothing',
    recipe: inContract,
  },
  'drop-view': {
    severity: 'error',
    breaks: 'the version that serves still reads it',
    blocks: 'everybody',
    work: 'nothing',
    recipe: inContract,
  },
  'drop-function': harmless('error', 'the version that serves, or a trigger, still calls it', inContract),
  'drop-object': harmless('error', 'the version that serves may still use it', inContract),
  'drop-cascade': harmless(
    'error',
    'CASCADE drops whatever depends on it, which nobody has read',
    'name each dependent object in a DROP of its own, without CASCADE',
  ),
  'column-still-used': harmless(
    'error',
    'what depends on the column breaks: a view keeps it from being dropped, a function fails at its next call',
    'change or drop the dependents first, in an earlier file',
  ),
  'prepared-select-star': harmless(
    'warning',
    'who has prepared `select *` on the table itself fails with its next use: cached plan must not change result type (0A000)',
    'have services work on the views of their version, name the columns, or see that the driver prepares anew',
  ),
  truncate: {
    severity: 'error',
    breaks: 'all rows go, and no way back brings them again',
    blocks: 'everybody',
    work: 'nothing',
    recipe: 'delete in batches what must go; drop the table in contract/ when all of it does',
  },
  'rename-column': {
    severity: 'error',
    breaks: 'one of the two versions asks for a name that is not there',
    blocks: 'everybody',
    work: 'nothing',
    recipe: 'add a column, keep both alike with a trigger, backfill, drop the old one in contract/',
  },
  'rename-table': {
    severity: 'error',
    breaks: 'one of the two versions asks for a name that is not there',
    blocks: 'everybody',
    work: 'nothing',
    recipe: 'create an updatable view under the old name in the same file, and drop the view in contract/',
  },
  'rename-view': harmless(
    'error',
    'one of the two versions asks for a name that is not there',
    'create a second view under the new name, and drop the old one in contract/',
  ),
  'rename-schema': harmless(
    'error',
    'every name written with the schema, and every search_path, points nowhere',
    'create the new schema with views on the old one’s tables, and move them in contract/',
  ),
  'rename-enum-value': harmless(
    'error',
    'one of the two versions writes a value that is not there',
    'add the new value in a file of its own, write it in the new version, turn old rows over in backfill/',
  ),
  'rename-object': harmless(
    'error',
    'one of the two versions asks for a name that is not there',
    'create it under the new name as well, and drop the old one in contract/',
  ),
  'replace-view': {
    severity: 'warning',
    breaks: 'the old version reads the new definition from now on; columns can only be added at the end',
    blocks: 'everybody',
    work: 'nothing',
    recipe: 'create a view under a new name for the new version, and drop the old one in contract/',
  },
  'change-default': {
    severity: 'warning',
    breaks: 'rows that the old version inserts get the new default, too',
    blocks: 'everybody',
    work: 'nothing',
    recipe: 'let the new version write the value itself, and change the default in contract/',
  },
  'json-column': harmless(
    'warning',
    'json has no equality: a SELECT DISTINCT or GROUP BY that reads the column fails, in either version',
    'jsonb',
  ),
  'published-table': harmless(
    'warning',
    'the table is in a publication: where a subscriber’s table has other columns, replication stops',
    'add a column at the subscribers first, and drop it there last',
  ),
  'fill-fires-trigger': harmless(
    'warning',
    'it fires for every row that is filled: an updated_at moves for all of them, and whatever it calls is called for each',
    'create the trigger for the columns that it is about (UPDATE OF …), or with a WHEN that compares them',
  ),
  'subscribed-table': harmless(
    'warning',
    'a subscription fills the table, and finds it and its columns by their names: it stops at the first row that has no place, and its publisher keeps the log until it goes on',
    'change the publisher first; or end the subscription of the table before contract',
  ),
} as const satisfies Record<string, LintRule>;
