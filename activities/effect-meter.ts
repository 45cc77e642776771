import type { MetricMeter } from '@temporalio/common';
import { type Change, isUndo } from '../domain/effect.js';
import { isReleaseError } from '../domain/failure.js';
import { metrics } from '../domain/metrics.js';

/** `done`: acted and read back. `held`: it was so already. */
export type EffectOutcome = 'done' | 'held';

/** Runs one attempt at an effect and measures it; answers and fails as it does. */
export type MeterEffect = (
  order: { readonly name: string; readonly change: Change },
  attempt: () => Promise<EffectOutcome>,
) => Promise<EffectOutcome>;

export function createEffectMeter(meter: MetricMeter): MeterEffect {
  const { name, help } = metrics.effects;
  const seconds = meter.createHistogram(name, 'float', 's', help);
  return async (order, attempt) => {
    const startedAt = performance.now();
    const record = (outcome: string) =>
      seconds.record((performance.now() - startedAt) / 1_000, {
        kind: order.change.kind,
        way: isUndo(order) ? 'back' : 'forward',
        outcome,
      });
    try {
      const outcome = await attempt();
      record(outcome);
      return outcome;
    } catch (error) {
      record(isReleaseError(error) ? error.code : 'internal');
      throw error;
    }
  };
}
