import { type MigrationPhase, migrationPhases } from '../../../domain/migration.js';
import { type RollbackVerdict, worstVerdict } from '../../../domain/rollback-verdict.js';
import type { FileStanding, SchemaStanding, VersionStanding } from '../../../domain/schema-change.js';
import { findDone } from '../backfill-cursor.js';
import type { Connection } from '../connection.js';
import type { Migration } from '../schema-engine.js';
import { foretellClosing } from '../closing/close-old.js';
import { refuseClosed } from '../closing/none-closed.js';
import { foretellUnseen } from '../evidence/contract-evidence.js';
import { oldFormOfOperations } from '../closing/old-form.js';
import { standingTuning } from '../tunings.js';
import { cannotKeep, readUnkeepable } from '../keeping/drops.js';
import { findEntry } from './expand.js';
import { cursorIdOf } from './fill-rows.js';
import { type HistoryEntry, readPlan, tuningIdOf } from './history.js';
import { hasContractBegun, isContracted, isExpanded, isFilled, type Known, planAll, readKnown } from './known.js';
import type { MigrationPlan } from './migration-plan.js';
import type { OperationMigration } from './operation-file.js';
import { refusalsOf } from './operations-check.js';
import { searchPathOf, versionSchemaName } from './version-schema.js';

/** Where each file of operations stands, and what the versions they make are called. */
export async function readOperationStanding(reader: Connection, migration: Migration): Promise<OperationStanding> {
  const known = await readKnown(reader, migration);
  const { schema, set, history } = known;
  const ahead = await planAll(reader, known);
  const refusals = [...(await refusalsOf(reader, migration, known)), ...ahead.refusals];
  const files: FileStanding[] = [];
  const versions: VersionStanding[] = [];
  const plans: MigrationPlan[] = [];
  for (const each of set.migrations) {
    const entry = findEntry(history, each);
    const plan = entry === undefined ? ahead.plans.get(each.name) : await readPlan(reader, schema, each.name);
    if (plan !== undefined && !hasContractBegun(entry?.state ?? 'expanding')) plans.push(plan);
    const tuned = await standingTuning(reader, tuningIdOf(schema, each.name), migration);
    files.push(...(await standingsOf(reader, known, { each, entry, plan, tuned })));
    if (entry === undefined || !isContracted(entry.state)) versions.push(versionOf(schema, each, plan));
  }
  const rollback = judge(known, versions);
  const old = await oldFormOfOperations(reader, known, ahead.plans);
  const { lane } = migration;
  const softContract = versions.length === 0 ? undefined : await foretellClosing(reader, { schema, lane, old });
  return {
    schema,
    files,
    refusals: [
      ...refusals.map(({ message }) => message),
      ...(await refuseKeeping(reader, migration, plans)),
      ...(await refuseClosed(reader, { schema, expands: files.some(isToExpand) })),
    ],
    versions,
    ...(rollback === undefined ? {} : { rollback }),
    ...(softContract === undefined ? {} : { softContract }),
    ...(await foretellUnseen(reader, softContract)),
  };
}

export function isToExpand({ phase, state }: FileStanding): boolean {
  return phase === 'expand' && state !== 'applied';
}

async function refuseKeeping(
  reader: Connection,
  { keepForMs }: Migration,
  plans: readonly MigrationPlan[],
): Promise<readonly string[]> {
  if (keepForMs === undefined) return [];
  const found = [];
  for (const plan of plans) found.push(...(await readUnkeepable(reader, plan)));
  return found.length === 0 ? [] : [cannotKeep(found)];
}

export interface OperationStanding extends SchemaStanding {
  readonly versions: readonly VersionStanding[];
}

/** By what the operations say of themselves, until contract has begun. */
function judge({ set, history }: Known, versions: readonly VersionStanding[]): RollbackVerdict | undefined {
  const contracting = set.migrations
    .flatMap((each) => findEntry(history, each) ?? [])
    .find(({ state }) => state === 'contracting');
  if (contracting !== undefined)
    return { verdict: 'irreversible', because: [`contract of ${contracting.file} has begun`] };
  if (versions.length === 0) return undefined;
  return worstVerdict(
    versions.flatMap(({ goingBack }) =>
      goingBack.map(({ operation, verdict, loses }) => ({
        verdict,
        because: loses === 'nothing' ? [] : [`${operation} loses ${loses}`],
      })),
    ),
  );
}

function versionOf(schema: string, { file, version }: OperationMigration, plan: MigrationPlan | undefined) {
  const goingBack = (plan?.verdicts ?? []).map(({ operation, goingBack: verdict, loses }) => ({
    operation,
    verdict,
    loses,
  }));
  return { file, searchPath: searchPathOf(versionSchemaName(schema, version), schema), goingBack };
}

interface Standing {
  readonly each: OperationMigration;
  readonly entry: HistoryEntry | undefined;
  readonly plan: MigrationPlan | undefined;
  readonly tuned: Pick<FileStanding, 'tuned'>;
}

async function standingsOf(
  reader: Connection,
  { schema }: Known,
  { each, entry, plan, tuned }: Standing,
): Promise<readonly FileStanding[]> {
  const { file } = each;
  const tunedAt = (phase: MigrationPhase) => (phase === 'backfill' ? tuned : {});
  if (entry === undefined) {
    return migrationPhases.map((phase) => ({ file, phase, state: 'pending' as const, ...tunedAt(phase) }));
  }
  const done = { expand: isExpanded, backfill: isFilled, contract: isContracted };
  const rows = await filledRows(reader, { schema, entry, plan });
  const begun = {
    expand: entry.state === 'expanding' || entry.state === 'rolling-back',
    backfill: rows !== undefined,
    contract: hasContractBegun(entry.state),
  };
  return migrationPhases.map((phase) => ({
    file,
    phase,
    state: done[phase](entry.state) ? 'applied' : begun[phase] ? 'begun' : 'pending',
    ...(phase === 'backfill' && rows !== undefined ? { rows } : {}),
    ...(isFilled(entry.state) ? {} : tunedAt(phase)),
  }));
}

/** Over all tables; `undefined` when none was begun. */
async function filledRows(
  reader: Connection,
  { schema, entry, plan }: { schema: string; entry: HistoryEntry; plan: MigrationPlan | undefined },
): Promise<number | undefined> {
  let rows: number | undefined;
  for (const { table } of plan?.fills ?? []) {
    const cursor = await findDone(reader, cursorIdOf(schema, entry, table));
    if (cursor !== undefined) rows = (rows ?? 0) + cursor.rows;
  }
  return rows;
}
