import type { ReleaseRequest } from '../release-request.js';
import { judgeDatabase } from './database.js';
import type { ReleaseFacts } from './facts.js';
import type { Finding } from './finding.js';
import { judgeSmoke } from './smoke.js';
import { judgeTraffic } from './traffic.js';
import { judgeWorkload } from './workload.js';

export type { Finding } from './finding.js';
export { judgeTemporal } from './temporal.js';
export { judgeWorker } from './worker.js';

/** What a release of this manifest would meet today. */
export function judgeRelease(request: ReleaseRequest, facts: ReleaseFacts): readonly Finding[] {
  return [
    ...judgeTraffic(request, facts),
    ...judgeSmoke(request, facts),
    ...judgeWorkload(request, facts),
    ...judgeDatabase(request, facts),
  ];
}
