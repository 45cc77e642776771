import type { Connection } from '../connection.js';
import { type Gone, goesByPlan, goesByScripts, joinGone, type WhatGoes } from '../evidence/what-goes.js';
import { findApplied, type FlywayHistory } from '../flyway-history.js';
import { scriptsOf } from '../migration-script.js';
import { findEntry } from '../operations/expand.js';
import { type HistoryEntry, readPlan } from '../operations/history.js';
import { isContracted, type Known } from '../operations/known.js';
import type { MigrationPlan, PlannedStep } from '../operations/migration-plan.js';
import type { Migration } from '../schema-engine.js';
import type { OldForm } from './closings.js';

/** Of the files that are not contracted; `ahead` has the plans of those that are not expanded yet. */
export async function oldFormOfOperations(
  connection: Connection,
  { schema, set, history }: Known,
  ahead: ReadonlyMap<string, MigrationPlan> = new Map(),
): Promise<OldForm> {
  const goes: WhatGoes[] = [];
  const plans: MigrationPlan[] = [];
  let first: HistoryEntry | undefined;
  for (const each of set.migrations) {
    const entry = findEntry(history, each);
    if (entry !== undefined && isContracted(entry.state)) continue;
    const plan = entry === undefined ? ahead.get(each.name) : await readPlan(connection, schema, entry.name);
    if (plan === undefined) continue;
    if (plans.length === 0) first = entry;
    plans.push(plan);
    goes.push(goesByPlan(plan, versionsBefore(history, entry)));
  }
  return {
    goes: joinGone(goes),
    isDirect: versionsBefore(history, first).length === 0,
    isRead: (gone) => plans.some(({ expand }) => expand.some((step) => readsAsWriter(step, gone))),
  };
}

/** One that has no entry yet comes after all that have. */
function versionsBefore(history: readonly HistoryEntry[], entry: HistoryEntry | undefined): readonly string[] {
  return history
    .filter(({ place }) => entry === undefined || place < entry.place)
    .map(({ versionSchema }) => versionSchema);
}

/** Triggers assign the row they are given, for which nobody needs a right; one that reads a table does. */
function readsAsWriter(step: PlannedStep, { tableName, table }: Gone): boolean {
  if (step.do !== 'cut') return false;
  const names = [tableName, table, table.split('.').at(-1) ?? table].map((name) => name.replaceAll(/\W/g, '\\$&'));
  const reads = new RegExp(`\\b(?:from|join)\\b[^()]*?(?<![\\w"])(?:${names.join('|')})(?![\\w"])`, 'i');
  return step.statements.some(
    ({ sql }) => /^create function/i.test(sql) && !/ security definer /i.test(sql) && reads.test(sql),
  );
}

/** Whoever works with SQL files works on the tables. */
export async function oldFormOfScripts({ files }: Migration, history: FlywayHistory): Promise<OldForm> {
  const pending = scriptsOf(files, 'contract').filter(({ version }) => !findApplied(history, version));
  return { goes: await goesByScripts(pending), isDirect: true };
}
