import { type Plan, type PlanStep, phaseOf } from './plan.js';

/** What can still be undone while a step is on. */
export interface WayBack {
  /** `restart`: everything, but the old version must start its tasks before it gets its traffic back. */
  readonly undo: 'everything' | 'restart' | 'nothing';
  /** How, in one sentence. */
  readonly detail: string;
}

export function wayBackAt(plan: Plan, step: PlanStep): WayBack {
  const { live, idle, database } = plan;
  const by = database?.operations === true ? 'its operations, newest first' : 'its undo files';
  const schema = database?.expand === true ? `, then the schema goes back by ${by}` : '';
  const undo = 'everything';
  switch (phaseOf(step)) {
    case 'provision':
      return { undo, detail: `${live} keeps all traffic; nobody uses ${idle} yet` };
    case 'expand':
      return { undo, detail: `${live} keeps all traffic${schema}` };
    case 'backfill':
      return { undo, detail: `${live} keeps all traffic${schema === '' ? '; filled rows stay filled' : schema}` };
    case 'deploy':
    case 'smoke':
      return { undo, detail: `${live} keeps all traffic; ${idle} goes back to the size it had${schema}` };
    case 'canary':
    case 'cut-over':
    case 'keep-warm':
      return {
        undo,
        detail: `one change of the rule gives ${live} all traffic; ${idle} goes back to the size it had${schema}`,
      };
    case 'retire':
      return {
        undo: 'restart',
        detail: `${live} starts its tasks again, then gets all traffic; ${idle} goes back to the size it had${schema}`,
      };
    case 'soft-contract':
      return {
        undo: 'restart',
        detail: `the old version gets its rights back, then ${live} starts its tasks again and gets all traffic; ${idle} goes back to the size it had${schema}`,
      };
    case 'contract':
      return {
        undo: 'nothing',
        detail: 'until its first statement as in the step before; from there on the only way is forward',
      };
  }
}
