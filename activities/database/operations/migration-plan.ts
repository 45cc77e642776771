import { type Catalogue, type Column, isRenamed, type Table } from './catalogue.js';
import { columnsRead, overRow, valueOf } from './expression.js';
import { fitName, ownNames, qualified, quoted } from './names.js';
import type {
  BuildIndex,
  Count,
  Cut,
  DetachPartition,
  DropIndex,
  LoneStatement,
  OperationPlan,
  Situation,
  Step,
  Sync,
  SyncExpression,
  Verdict,
} from './operation.js';
import type { OperationMigration, StatedOperation } from './operation-file.js';
import { oldWriteTrigger } from './old-write-trigger.js';
import { hasNewColumns, type SyncTrigger, syncTrigger } from './sync-trigger.js';

/** The whole of what one file does: data, made once and kept with it in the target database. */
export interface MigrationPlan {
  /** The schema as the old version sees it. */
  readonly before: Catalogue;
  /** As the new one does; `read-again` until expand is done. */
  readonly after: Catalogue | 'read-again';
  readonly expand: readonly PlannedStep[];
  readonly fills: readonly Fill[];
  readonly settle: readonly PlannedStep[];
  readonly counts: readonly Count[];
  /** The old version's views of a table go in the transaction of its first cut of `contract`. */
  readonly contract: readonly PlannedStep[];
  readonly rollback: readonly PlannedStep[];
  /** Of one that is in contract: how long what it would drop is kept, milliseconds. Absent: it is dropped. */
  readonly keepForMs?: number;
  readonly verdicts: readonly (Verdict & { readonly operation: string })[];
}

export type PlannedStep =
  PlannedCut | Placed<LoneStatement> | Placed<BuildIndex> | Placed<DropIndex> | Placed<DetachPartition>;

type Placed<T> = T & { /** `03_add_email.yaml:4:7` */ readonly at: string };

/** One transaction about one table. */
export interface PlannedCut extends Omit<Cut, 'statements'> {
  readonly statements: readonly { readonly sql: string; readonly at: string }[];
  /** In contract: from here on the old version is no more, as far as this table goes. */
  readonly endsOld?: true;
}

/** The rows of one table that have to be filled. */
export interface Fill {
  readonly table: string;
  readonly marker: string;
  /** `"email" = lower(name)`, with the marker last. */
  readonly assignments: readonly string[];
  readonly at: string;
}

export interface PlanOrder {
  readonly migration: OperationMigration;
  readonly catalogue: Catalogue;
  readonly serverMajor: number;
  /** Its place in the history. */
  readonly order: number;
}

interface Planned {
  readonly operation: StatedOperation;
  readonly plan: OperationPlan;
  readonly at: string;
}

/** What speaks against the operations, each with its place, and the trials that are left to make; or the plan. */
export function planMigration({ migration, catalogue, serverMajor, order }: PlanOrder): {
  readonly problems: readonly string[];
  readonly trials: readonly { readonly at: string; readonly sql: string }[];
  readonly plan?: MigrationPlan;
} {
  const names = ownNames(order);
  const problems: string[] = [];
  const planned: Planned[] = [];
  let situation: Situation = { catalogue, before: catalogue, names, serverMajor };
  for (const operation of migration.operations) {
    const found = operation.kind.check(operation.body, situation);
    problems.push(...found.map(({ path, message }) => `${operation.placeOf(path)}: ${message}`));
    // What comes after one that is wrong is held against a schema it does not make.
    if (found.length > 0) break;
    const plan = operation.kind.plan(operation.body, situation);
    planned.push({ operation, plan, at: operation.placeOf([]) });
    if (plan.after !== 'read-again') situation = { ...situation, catalogue: plan.after };
  }
  const trials = planned.flatMap(({ operation, plan }) =>
    (plan.trials ?? []).map(({ path, sql }) => ({ at: operation.placeOf(path), sql })),
  );
  if (problems.length > 0) return { problems, trials };
  return { problems, trials, plan: assemble(planned, { before: catalogue, after: situation.catalogue, order }) };
}

function assemble(
  planned: readonly Planned[],
  { before, after, order }: { readonly before: Catalogue; readonly after: Catalogue; readonly order: number },
): MigrationPlan {
  const { schema } = before;
  const { marker } = ownNames(order);
  const triggers = syncedTables(planned).map((table) => {
    const syncs = planned.flatMap(({ plan }) => (plan.syncs ?? []).filter((sync) => sync.table === table));
    const at = planned.find(({ plan }) => (plan.syncs ?? []).some((sync) => sync.table === table))?.at ?? '';
    const sync = syncTrigger({ schema, table, syncs, marker, order });
    const watch = oldWriteTrigger({ schema, table, syncs, order });
    const trigger = { create: [...sync.create, ...watch.create], drop: [...watch.drop, ...sync.drop] };
    return { table, at, syncs, trigger };
  });
  const steps = (pick: (plan: OperationPlan) => readonly Step[] | undefined) =>
    merge(planned.flatMap(({ plan, at }) => (pick(plan) ?? []).map((step) => placed(step, at))));
  const readAgain = planned.some(({ plan }) => plan.after === 'read-again');
  return {
    before,
    after: readAgain ? 'read-again' : after,
    expand: triggers.reduce(
      (list, synced) => withTrigger(list, { ...synced, schema, marker }),
      steps((plan) => plan.expand),
    ),
    fills: triggers.flatMap(({ table, syncs, at }) => fillOf({ table, syncs, marker, at })),
    settle: steps((plan) => plan.settle),
    counts: planned.flatMap(({ plan }) => plan.verify ?? []),
    contract: [
      ...steps((plan) => plan.contract?.prepare),
      ...contractCuts(planned, { before, after, triggers, marker }),
    ],
    rollback: rollbackSteps(planned, { schema, triggers, marker }),
    verdicts: planned.map(({ operation, plan }) => ({ operation: operation.kind.name, ...plan.verdict })),
  };
}

function syncedTables(planned: readonly Planned[]): readonly string[] {
  return [...new Set(planned.flatMap(({ plan }) => (plan.syncs ?? []).map(({ table }) => table)))];
}

function placed(step: Step, at: string): PlannedStep {
  if (step.do !== 'cut') return { ...step, at };
  return { ...step, statements: step.statements.map((sql) => ({ sql, at })) };
}

/** Neighbours about one table share a transaction, and with it one wait for one lock. */
function merge(steps: readonly PlannedStep[]): readonly PlannedStep[] {
  return steps.reduce<readonly PlannedStep[]>((merged, step) => {
    const last = merged.at(-1);
    if (last?.do !== 'cut' || step.do !== 'cut' || last.table === undefined || last.table !== step.table) {
      return [...merged, step];
    }
    return [...merged.slice(0, -1), joined(last, step)];
  }, []);
}

function joined(first: PlannedCut, second: PlannedCut): PlannedCut {
  const { lock: _first, ...rest } = first;
  const lock = first.lock === second.lock ? first.lock : undefined;
  return { ...rest, ...(lock === undefined ? {} : { lock }), statements: [...first.statements, ...second.statements] };
}

interface SyncedTable {
  readonly table: string;
  readonly at: string;
  readonly syncs: readonly Sync[];
  readonly trigger: SyncTrigger;
}

/** The marker before the table's first statement, because constraints ask it; the trigger behind its last. */
function withTrigger(
  steps: readonly PlannedStep[],
  { schema, table, at, syncs, trigger, marker }: SyncedTable & { readonly schema: string; readonly marker: string },
): readonly PlannedStep[] {
  const place = qualified(schema, table);
  const marks = hasNewColumns(syncs);
  const before = marks ? [{ sql: `alter table ${place} add column ${quoted(marker)} boolean`, at }] : [];
  const behind = trigger.create.map((sql) => ({ sql, at }));
  const isAbout = (step: PlannedStep): step is PlannedCut => step.do === 'cut' && step.table === table;
  const first = steps.findIndex(isAbout);
  const last = steps.findLastIndex(isAbout);
  if (first < 0) return [...steps, { do: 'cut', table, statements: [...before, ...behind] }];
  return steps.map((step, index) => {
    if (!isAbout(step) || (index !== first && index !== last)) return step;
    const { lock: _weaker, ...strongest } = step;
    const statements = [...(index === first ? before : []), ...step.statements, ...(index === last ? behind : [])];
    return { ...strongest, statements };
  });
}

interface TableSyncs {
  readonly table: string;
  readonly syncs: readonly Sync[];
  readonly marker: string;
  readonly at: string;
}

/** One UPDATE for all of a table's new columns; a value that is computed from another one is computed from its expression. */
function fillOf({ table, syncs, marker, at }: TableSyncs): readonly Fill[] {
  const ups = syncs.flatMap((sync) => sync.ups ?? []);
  if (ups.length === 0) return [];
  const values = new Map<string, string>();
  for (const up of ups) values.set(up.column, fillValue(up, table, values));
  const assignments = [...values].map(([column, value]) => `${quoted(column)} = ${value}`);
  return [{ table, marker, assignments: [...assignments, `${quoted(marker)} = true`], at }];
}

function fillValue(
  { expression, type, scope }: SyncExpression,
  table: string,
  values: ReadonlyMap<string, string>,
): string {
  const value = valueOf(expression, type);
  const isPlain = columnsRead(expression, scope).every(
    ({ name, physical }) => name === physical && !values.has(physical),
  );
  // Much the faster form, where every name means the same in the table.
  if (isPlain && scope.table === table) return value;
  return `(${overRow(value, scope, (physical) => values.get(physical) ?? `${quoted(table)}.${quoted(physical)}`)})`;
}

/** One cut a table: the end of its trigger, what the operations remove, and the names of the new version. */
function contractCuts(
  planned: readonly Planned[],
  {
    before,
    after,
    triggers,
    marker,
  }: {
    readonly before: Catalogue;
    readonly after: Catalogue;
    readonly triggers: readonly SyncedTable[];
    readonly marker: string;
  },
): readonly PlannedCut[] {
  const cuts = planned.flatMap(({ plan, at }) =>
    (plan.contract?.cut ?? []).map(({ table, statements }) => ({
      table,
      statements: statements.map((sql) => ({ sql, at })),
    })),
  );
  const last = planned.at(-1)?.at ?? '';
  const renamed = after.tables.filter((table) => isRenamed(table) && !isAsBefore(before, table));
  const tables = new Set(
    [
      ...cuts.map(({ table }) => table),
      ...triggers.map(({ table }) => table),
      ...renamed.map(({ physical }) => physical),
    ].filter((table) => table !== undefined),
  );
  const free = cuts.filter(({ table }) => table === undefined);
  return [
    ...[...tables].map((table): PlannedCut => {
      const synced = triggers.find((trigger) => trigger.table === table);
      const shown = after.tables.find(({ physical }) => physical === table);
      const placedLast = (sql: string) => ({ sql, at: synced?.at ?? last });
      return {
        do: 'cut',
        table,
        endsOld: true,
        statements: [
          ...(synced?.trigger.drop ?? []).map(placedLast),
          ...cuts.filter((cut) => cut.table === table).flatMap(({ statements }) => statements),
          ...(synced === undefined ? [] : [placedLast(dropMarker(after.schema, table, marker))]),
          ...(shown === undefined ? [] : renamesOf(after, shown).map(placedLast)),
        ],
      };
    }),
    ...free.map(({ statements }): PlannedCut => ({ do: 'cut', statements })),
  ];
}

/** By the names it has: what a file before this one renames, that one's contract renames. */
function isAsBefore({ tables }: Catalogue, { name, physical, columns }: Table): boolean {
  const found = tables.find((table) => table.physical === physical);
  const isKnown = (column: Column) =>
    found?.columns.some((each) => each.name === column.name && each.physical === column.physical) === true;
  return found?.name === name && columns.every((column) => column.name === column.physical || isKnown(column));
}

function dropMarker(schema: string, table: string, marker: string): string {
  return `alter table if exists ${qualified(schema, table)} drop column if exists ${quoted(marker)}`;
}

/** The columns first, because the statements name the table; two that change names go by a third. */
function renamesOf({ schema }: Catalogue, { name, physical, columns }: Table): readonly string[] {
  const place = qualified(schema, physical);
  const moved = columns.filter((column) => column.name !== column.physical);
  const rename = (from: string, to: string) => `alter table ${place} rename column ${quoted(from)} to ${quoted(to)}`;
  const crosses = moved.some((column) => moved.some((other) => other.physical === column.name));
  const aside = (column: Column) => fitName(`_sluice_aside_${column.name}`);
  return [
    ...(crosses
      ? [
          ...moved.map((column) => rename(column.physical, aside(column))),
          ...moved.map((column) => rename(aside(column), column.name)),
        ]
      : moved.map((column) => rename(column.physical, column.name))),
    ...(name === physical ? [] : [`alter table ${place} rename to ${quoted(name)}`]),
  ];
}

/** Newest operation first; every trigger goes before what it writes to, every marker after the constraints that ask it. */
function rollbackSteps(
  planned: readonly Planned[],
  {
    schema,
    triggers,
    marker,
  }: { readonly schema: string; readonly triggers: readonly SyncedTable[]; readonly marker: string },
): readonly PlannedStep[] {
  const cut = (table: string, sqls: readonly string[], at: string): PlannedCut => ({
    do: 'cut',
    table,
    statements: sqls.map((sql) => ({ sql, at })),
  });
  return merge([
    ...triggers.map(({ table, trigger, at }) => cut(table, trigger.drop, at)),
    ...planned.toReversed().flatMap(({ plan, at }) => (plan.rollback ?? []).map((step) => placed(step, at))),
    ...triggers.map(({ table, at }) => cut(table, [dropMarker(schema, table, marker)], at)),
  ]);
}
