import type { Evidence } from './evidence.js';
import type { DemoReport, PromiseReport } from './report.js';

/** What the demo is for: each line is checked, and one that is not kept fails the run. */
export function judgePromises(report: Omit<DemoReport, 'promises'>, evidence: Evidence): PromiseReport[] {
  const rate = report.requests / Math.max(1, evidence.totals?.seconds ?? evidence.timeline.length);
  const back = report.releases.find((release) => release.rollbackSeconds !== null)?.rollbackSeconds ?? null;
  // None of none would prove nothing.
  const zero = (promise: string, count: number, total: number, things: string): PromiseReport => ({
    promise,
    kept: count === 0 && total > 0,
    found: `${count} of ${total} ${things}`,
  });
  const last = evidence.chapters.at(-1);
  const troubles = [
    ...evidence.chapters.flatMap(({ version, troubles }) => troubles.map((words) => `version ${version}: ${words}`)),
    ...evidence.troubles,
  ];
  return [
    ...evidence.chapters.map(({ version, expected, outcome }) => ({
      promise: `version ${version} ends ${expected}`,
      kept: outcome === expected,
      found: outcome,
    })),
    {
      promise: 'everything goes as the story has it',
      kept: troubles.length === 0,
      found: troubles.length === 0 ? 'it did' : troubles.join('; '),
    },
    zero('no request fails', report.failedRequests, report.requests, 'requests'),
    zero('no acknowledged checkout is lost', report.checkoutsLost, report.checkoutsAcknowledged, 'checkouts'),
    zero('no checkout is there twice', report.checkoutsDuplicated, report.checkoutsAcknowledged, 'checkouts'),
    zero(
      'no checkout is changed, in the old and the new representation',
      report.checkoutsChanged,
      report.checkoutsAcknowledged,
      'checkouts',
    ),
    zero('no acknowledged change of a name is lost', report.renamesLost, report.renamesAcknowledged, 'renames'),
    {
      promise: 'traffic is back on the old version within 2 s of the verdict',
      kept: back !== null && back <= 2,
      found: back === null ? 'it never went back' : `${back.toFixed(3)} s`,
    },
    {
      promise: 'the release outlives its worker',
      kept: report.workerKills > 0 && last?.outcome === 'released',
      found: `${report.workerKills} killed with SIGKILL, version ${last?.version} ${last?.outcome}`,
    },
    {
      promise: `the shoppers never pause (${evidence.wantedRate} requests/s)`,
      kept: rate >= evidence.wantedRate * 0.95,
      found: `${rate.toFixed(0)} requests/s`,
    },
    {
      promise: 'at least 100,000 rows are backfilled under load',
      kept: evidence.backfilledRows >= 100_000,
      found: `${evidence.backfilledRows} rows`,
    },
  ];
}
