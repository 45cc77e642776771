import { checkAdditions } from './checks/additions.js';
import { checkColumnTypes } from './checks/column-types.js';
import { checkColumns } from './checks/columns.js';
import { checkConstraints } from './checks/constraints.js';
import { checkIndexes } from './checks/indexes.js';
import { checkRemovals } from './checks/removals.js';
import { checkRenames } from './checks/renames.js';
import { checkRows } from './checks/rows.js';
import { checkTables } from './checks/tables.js';
import { checkTransactions } from './checks/transactions.js';
import type { LintFile } from './lint-file.js';
import type { DatabaseFacts } from './live-facts.js';
import type { LocatedHit } from './located-hit.js';
import { createSchemaSoFar } from './schema-so-far.js';
import { strongLocks } from './strong-locks.js';
import type { Check } from './visit.js';

const checks: readonly Check[] = [
  checkAdditions,
  checkColumnTypes,
  checkColumns,
  checkConstraints,
  checkIndexes,
  checkRemovals,
  checkRenames,
  checkRows,
  checkTables,
  checkTransactions,
];

/** Puts every statement to every check, in the order in which the files would be run. */
export function* ownFindings(
  files: readonly LintFile[],
  { postgres, facts }: { readonly postgres: number; readonly facts?: DatabaseFacts },
): Generator<LocatedHit> {
  const schema = createSchemaSoFar();
  for (const file of files) {
    for (const { at, text, message } of file.errors) yield { file, at, text, rule: 'syntax-error', what: message };
    const locked = new Set<string>();
    let told = false;
    for (const statement of file.statements) {
      const { at, text, node } = statement;
      const visit = { statement, file, schema, postgres, ...(facts === undefined ? {} : { facts }) };
      for (const check of checks) for (const hit of check(visit)) yield { file, at, text, ...hit };
      const locks = strongLocks(node).filter((table) => !schema.isNew(table, file) && !locked.has(table));
      if (!told && locked.size > 0 && locks.length > 0) {
        told = true;
        const what = `locks ${locks.join(' and ')} after ${[...locked].join(', ')}, in one transaction`;
        yield { file, at, text, rule: 'several-tables-locked', what, tables: locks };
      }
      for (const table of locks) locked.add(table);
      schema.note(node, file);
    }
  }
}
