import type { ReleaseRecord, TimedEffect } from './history.js';
import { type Plan, type PlanStep, phaseOf } from './plan.js';

/** What the plan has a step wait, milliseconds, when every canary passes at its first bake. */
export function stepWait({ canary, warmWindowMs, database }: Plan, step: PlanStep): number {
  switch (phaseOf(step)) {
    case 'canary': {
      const shift = canary.steps.find(({ weight }) => step.name === `canary ${weight} %`);
      return shift === undefined ? 0 : shift.bakeMs + canary.metricsLagMs;
    }
    case 'keep-warm':
      return warmWindowMs;
    case 'soft-contract':
      // Evidence is looked for before it, and once more at its end.
      return (database?.softContractMs ?? 0) + (database?.quietWindowMs ?? 0);
    case 'contract':
      return database?.quietWindowMs ?? 0;
    case 'provision':
    case 'expand':
    case 'backfill':
    case 'deploy':
    case 'smoke':
    case 'cut-over':
    case 'retire':
      return 0;
  }
}

/** What the step itself took in earlier releases, the median in milliseconds; `undefined` when none of them tells. */
export function stepWork(step: PlanStep, earlier: readonly ReleaseRecord[]): number | undefined {
  return median(earlier.map((record) => workIn(record, step)).filter((ms) => ms !== undefined));
}

function workIn({ release, plan, effects }: ReleaseRecord, step: PlanStep): number | undefined {
  const named = (name: string) => effects.find((effect) => effect.name === name);
  const phase = phaseOf(step);
  switch (phase) {
    case 'provision':
      return between(effects.filter(({ name }) => name.startsWith('provision/')));
    case 'smoke':
      // From the changed service to the first traffic: its tasks become healthy, and are looked at.
      return gap(
        named('deploy')?.settledAt,
        effects.find(({ name }) => name.startsWith('shift/') || name === 'cut-over')?.intendedAt,
      );
    case 'canary':
      return between([named(step.name.replace('canary ', 'shift/').replace(' %', ''))]);
    case 'keep-warm':
      return 0;
    case 'retire': {
      // Until the tasks have drained, which is when it ends, or begins to wait for contract.
      const retired = named('retire')?.intendedAt;
      if (plan?.database?.contract !== true) return gap(retired, release.endedAt);
      if (plan.database.contractApproval === 'required') return undefined;
      const next = named('soft-contract') ?? named('contract');
      return gap(retired, minus(next?.intendedAt, plan.database.quietWindowMs));
    }
    case 'expand':
    case 'backfill':
    case 'deploy':
    case 'cut-over':
    case 'soft-contract':
    case 'contract':
      return between([named(phase)]);
  }
}

function between(effects: readonly (TimedEffect | undefined)[]): number | undefined {
  return gap(effects.at(0)?.intendedAt, effects.at(-1)?.settledAt);
}

function gap(from: number | undefined, to: number | undefined): number | undefined {
  return from === undefined || to === undefined ? undefined : Math.max(0, to - from);
}

function minus(at: number | undefined, ms: number): number | undefined {
  return at === undefined ? undefined : at - ms;
}

function median(values: readonly number[]): number | undefined {
  return values.toSorted((a, b) => a - b)[Math.floor((values.length - 1) / 2)];
}
