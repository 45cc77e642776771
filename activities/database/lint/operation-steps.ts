import type { MigrationPhase } from '../../../domain/migration.js';
import { createIndexSql } from '../index-definition.js';
import type { MigrationPlan, PlannedStep } from '../operations/migration-plan.js';
import { qualified, quoted } from '../operations/names.js';
import { quoteRelation } from '../relation-name.js';

/** One transaction, or one statement that stands in none, of what files of operations do. */
export interface DerivedStep {
  readonly phase: MigrationPhase;
  /** Taken before the first statement; the table by its qualified name. */
  readonly lock?: { readonly table: string; readonly mode: string };
  /** The old versions' views of the locked table go first. */
  readonly endsOld: boolean;
  readonly inTransaction: boolean;
  /** It fills rows, batch by batch. */
  readonly fills: boolean;
  readonly statements: readonly { readonly sql: string; readonly at: string }[];
}

/** In the order they are run: each phase of all files before the next phase of any. */
export function derivedSteps(plans: readonly MigrationPlan[], postgres: number): readonly DerivedStep[] {
  const all = (derive: (plan: MigrationPlan) => readonly DerivedStep[]) => plans.flatMap(derive);
  return [
    ...all((plan) => plan.expand.map((step) => derived(step, { phase: 'expand', plan, postgres }))),
    ...all((plan) => [
      ...fillsOf(plan),
      ...plan.settle.map((step) => derived(step, { phase: 'backfill', plan, postgres })),
    ]),
    ...all((plan) => plan.contract.map((step) => derived(step, { phase: 'contract', plan, postgres }))),
  ];
}

function fillsOf({ before, fills }: MigrationPlan): readonly DerivedStep[] {
  return fills.map(({ table, marker, assignments, at }) => ({
    phase: 'backfill',
    endsOld: false,
    inTransaction: true,
    fills: true,
    statements: [
      {
        sql: `update ${qualified(before.schema, table)} set ${assignments.join(', ')} where ${quoted(marker)} is null`,
        at,
      },
    ],
  }));
}

interface Surroundings {
  readonly phase: MigrationPhase;
  readonly plan: MigrationPlan;
  /** Major version. */
  readonly postgres: number;
}

function derived(step: PlannedStep, { phase, plan: { before }, postgres }: Surroundings): DerivedStep {
  const base = { phase, endsOld: false, fills: false };
  switch (step.do) {
    case 'cut': {
      const { table, lock = 'access exclusive', statements } = step;
      const locked = table === undefined ? {} : { lock: { table: qualified(before.schema, table), mode: lock } };
      return { ...base, ...locked, endsOld: step.endsOld === true, inTransaction: true, statements };
    }
    case 'alone':
      return { ...base, inTransaction: true, statements: [step] };
    case 'build-index':
      return outside(base, createIndexSql(step.index, step.index.table, 'concurrently '), step.at);
    case 'drop-index':
      return outside(base, `drop index concurrently if exists ${quoteRelation(step.index)}`, step.at);
    case 'detach-partition': {
      const [parent, partition] = [quoteRelation(step.parent), quoteRelation(step.partition)];
      const sql = `alter table ${parent} detach partition ${partition}`;
      // As the engine does it.
      if (postgres < 14) return { ...base, inTransaction: true, statements: [{ sql, at: step.at }] };
      return outside(base, `${sql} concurrently`, step.at);
    }
  }
}

function outside(base: Pick<DerivedStep, 'phase' | 'endsOld' | 'fills'>, sql: string, at: string): DerivedStep {
  return { ...base, inTransaction: false, statements: [{ sql, at }] };
}
