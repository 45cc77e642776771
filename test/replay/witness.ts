import { type Sinks, type WorkflowInterceptorsFactory, proxySinks } from '@temporalio/workflow';

/** What a workflow decided to do, with its arguments: Temporal's own replay compares neither arguments nor durations. */
export type Decision =
  | { readonly kind: 'activity'; readonly type: string; readonly args: unknown }
  | { readonly kind: 'timer'; readonly ms: number }
  | { readonly kind: 'child'; readonly id: string; readonly args: unknown };

export interface WitnessSinks extends Sinks {
  readonly witness: { decided(decision: Decision): void };
}

export const interceptors: WorkflowInterceptorsFactory = () => {
  const { witness } = proxySinks<WitnessSinks>();
  return {
    outbound: [
      {
        scheduleActivity(input, next) {
          witness.decided({ kind: 'activity', type: input.activityType, args: input.args });
          return next(input);
        },
        startTimer(input, next) {
          witness.decided({ kind: 'timer', ms: input.durationMs });
          return next(input);
        },
        startChildWorkflowExecution(input, next) {
          witness.decided({ kind: 'child', id: input.options.workflowId, args: input.options.args });
          return next(input);
        },
      },
    ],
  };
};
