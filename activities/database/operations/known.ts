import type { Connection } from '../connection.js';
import { readSchemaName } from '../flyway-history.js';
import type { Refusal } from '../migration-check.js';
import type { Migration } from '../schema-engine.js';
import { findEntry, planNext, readBase } from './expand.js';
import { type HistoryEntry, type MigrationState, type OperationHistory, readHistory } from './history.js';
import type { MigrationPlan } from './migration-plan.js';
import { type OperationMigration, type OperationSet, readOperationFiles } from './operation-file.js';

export interface Known {
  readonly schema: string;
  readonly set: OperationSet;
  readonly history: OperationHistory;
}

/** What the files say, and what the database says of them. */
export async function readKnown(reader: Connection, migration: Migration): Promise<Known> {
  const schema = await readSchemaName(reader);
  return {
    schema,
    set: readOperationFiles(migration.operations ?? []),
    history: await readHistory(reader, schema),
  };
}

const states: readonly MigrationState[] = [
  'rolling-back',
  'expanding',
  'expanded',
  'filled',
  'contracting',
  'contracted',
];
const reaches = (wanted: MigrationState) => (state: MigrationState) => states.indexOf(state) >= states.indexOf(wanted);
export const isExpanded = reaches('expanded');
export const isFilled = reaches('filled');
export const hasContractBegun = reaches('contracting');
export const isContracted = reaches('contracted');

export function isAt(
  history: OperationHistory,
  each: OperationMigration,
  holds: (state: MigrationState) => boolean,
): boolean {
  const entry = findEntry(history, each);
  return entry !== undefined && holds(entry.state);
}

/** Each on the schema the one before it leaves, as far as that can be known without running it. */
export async function planAll(reader: Connection, { schema, set, history }: Known): Promise<PlannedAhead> {
  const refusals: Refusal[] = [];
  const plans = new Map<string, MigrationPlan>();
  let base = await readBase(reader, schema, history);
  let before = history;
  for (const migration of set.migrations.filter((each) => findEntry(history, each) === undefined)) {
    if (base === 'read-again') break;
    const checked = await planNext(reader, { schema, migration, history: before, base });
    refusals.push(...checked.refusals);
    if (checked.plan !== undefined) plans.set(migration.name, checked.plan);
    if (checked.after === undefined) break;
    base = checked.after;
    const place = (before.at(-1)?.place ?? 0) + 1;
    before = [...before, { place } as HistoryEntry];
  }
  return { refusals, plans };
}

export interface PlannedAhead {
  readonly refusals: readonly Refusal[];
  /** By the migration's name. */
  readonly plans: ReadonlyMap<string, MigrationPlan>;
}
