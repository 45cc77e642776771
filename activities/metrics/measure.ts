import { sleep } from '@temporalio/activity';
import { targetGroups } from '../../domain/changes.js';
import type { ReleaseRef } from '../../domain/lane.js';
import type { ReleaseRequest } from '../../domain/release-request.js';
import type { Measurement } from '../../domain/verdict.js';
import type { PlatformOf } from '../platform.js';

export interface MeasureQuery {
  readonly release: ReleaseRef;
  readonly fromMs: number;
  readonly toMs: number;
}

/** Samples; judging is the domain's. */
export function createMetricActivities(parts: {
  readonly platformOf: PlatformOf;
  readonly readRequest: (release: ReleaseRef) => Promise<ReleaseRequest>;
}) {
  return {
    async measure({ release, fromMs, toMs }: MeasureQuery): Promise<Measurement> {
      const request = await parts.readRequest(release);
      const { periodSeconds, metricsLagMs } = request.canary;
      await sleep(Math.max(0, toMs + metricsLagMs - Date.now()));
      return parts
        .platformOf(request)
        .metrics.measure({ targetGroups: targetGroups(request), fromMs, toMs, periodSeconds });
    },
  };
}
