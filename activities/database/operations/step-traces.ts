import type { Expected } from '../drift.js';
import type { HistoryEntry } from './history.js';
import type { MigrationPlan, PlannedStep } from './migration-plan.js';
import { qualified } from './names.js';

/** The table a step changes, where it is known before. */
export function relationOf(step: PlannedStep, schema: string): string | undefined {
  switch (step.do) {
    case 'cut':
    case 'alone':
      return step.table === undefined ? undefined : qualified(schema, step.table);
    case 'build-index':
      return qualified(schema, step.index.table.name);
    case 'detach-partition':
      return qualified(schema, step.parent.name);
    case 'drop-index':
      return undefined;
  }
}

/**
 * What the step has made different when it was done, or half done, and then its attempt died before it was recorded.
 * A cut is recorded with what it does.
 */
export function explainedBy(step: PlannedStep | undefined): Expected {
  switch (step?.do) {
    case 'build-index':
    case 'drop-index':
      return ({ what }) => what === `index ${step.index.name}`;
    case 'alone':
      return ({ what, expected, found }) =>
        what.startsWith('constraint ') && found !== null && expected === `${found} NOT VALID`;
    case 'cut':
    case 'detach-partition':
    case undefined:
      return () => false;
  }
}

/** The step a migration is at, of the list of its state. */
export function stepUnderWay({ state, steps }: HistoryEntry, plan: MigrationPlan): PlannedStep | undefined {
  switch (state) {
    case 'expanding':
      return plan.expand[steps];
    case 'expanded':
      return plan.settle[steps];
    case 'contracting':
      return plan.contract[steps];
    case 'rolling-back':
      return plan.rollback[steps];
    case 'filled':
    case 'contracted':
      return undefined;
  }
}
