import { metricMeter } from '@temporalio/workflow';
import type { ReleaseRef } from '../domain/lane.js';
import { metrics } from '../domain/metrics.js';
import type { Ending } from '../domain/release-state.js';
import type { Verdict } from '../domain/verdict.js';

/** What a run tells Prometheus, through its worker; a replay tells nothing again. */
export const meter = {
  ended({ lane }: ReleaseRef, { outcome, trafficBackMs }: Ending): void {
    count(metrics.releasesEnded, { ...lane, outcome });
    if (trafficBackMs === undefined) return;
    const { name, help } = metrics.trafficBack;
    metricMeter.createHistogram(name, 'float', 's', help).record(trafficBackMs / 1_000, { ...lane });
  },

  judged({ lane }: ReleaseRef, { kind }: Verdict): void {
    count(metrics.verdicts, { ...lane, verdict: kind });
  },
};

function count({ name, help }: { readonly name: string; readonly help: string }, labels: Record<string, string>): void {
  metricMeter.createCounter(name, undefined, help).add(1, labels);
}
