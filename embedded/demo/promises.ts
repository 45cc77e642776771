import type { AuditResult } from '../../examples/shop/shoppers/audit.js';
import { type Audits, type Evidence, type Moment, sum } from './evidence.js';
import type { DemoReport, PromiseReport } from './report.js';
import { longestSilence } from './silence.js';

/** What the demo is for: each line is checked, and one that is not kept fails the run. */
export function judgePromises(report: Omit<DemoReport, 'promises'>, evidence: Evidence): PromiseReport[] {
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
    withReason(zero('no request fails', report.failedRequests, report.requests, 'requests'), tooBusy(evidence)),
    zero('no acknowledged checkout is lost', report.checkoutsLost, report.checkoutsAcknowledged, 'checkouts'),
    zero('no checkout is there twice', report.checkoutsDuplicated, report.checkoutsAcknowledged, 'checkouts'),
    zero('no acknowledged checkout is changed', report.checkoutsChanged, report.checkoutsAcknowledged, 'checkouts'),
    judgeRepresentations(report.audits),
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
    judgePace(report.timeline, evidence.wantedRate),
    {
      promise: 'at least 100,000 rows are backfilled under load',
      kept: report.backfilledRows >= 100_000,
      found: `${report.backfilledRows} rows`,
    },
  ];
}

function withReason(promise: PromiseReport, reason: string | undefined): PromiseReport {
  return promise.kept || reason === undefined ? promise : { ...promise, found: `${promise.found}; ${reason}` };
}

/** Whoever comes anew then waits, whatever a release does: a finding of its own beside the requests that failed. */
function tooBusy({ saturation, wantedRate }: Evidence): string | undefined {
  if (saturation === undefined || saturation.saturatedSeconds < 1) return undefined;
  const [saturated, all] = [saturation.saturatedSeconds, saturation.seconds].map(Math.round);
  return `the load balancer had no idle moment in ${saturated} of ${all} s, too little processor for ${wantedRate} requests/s`;
}

const oldColumn = 'customers.full_name';
const newColumns = 'customers.first_name, customers.last_name';

/** What an audit did not look at, it did not prove. */
function judgeRepresentations({ warmWindow, beforeContract, end }: Audits): PromiseReport {
  const met = (audit: AuditResult | undefined, ...representations: string[]) =>
    audit !== undefined &&
    audit.checkoutsAcknowledged > 0 &&
    audit.notYetFilled === 0 &&
    representations.every((representation) => audit.representations.includes(representation));
  const found = Object.entries({ 'warm window': warmWindow, 'before contract': beforeContract, end }).map(
    ([moment, audit]) =>
      audit === undefined
        ? `${moment}: not looked up`
        : `${moment}: ${audit.checkoutsAcknowledged} checkouts met ${audit.representations.join(' and ')}, ${audit.notYetFilled} customers not filled`,
  );
  return {
    promise: 'checkouts are looked up in the old column and the new ones until contract, and after it',
    kept: met(warmWindow, oldColumn, newColumns) && met(beforeContract, oldColumn, newColumns) && met(end, newColumns),
    found: found.join('; '),
  };
}

function judgePace(timeline: readonly Moment[], wantedRate: number): PromiseReport {
  const [first, last] = [timeline[0]?.at ?? 0, timeline.at(-1)?.at ?? 0];
  const rate = sum(timeline, ({ requests }) => requests) / ((last - first) / 1_000 + 1);
  const silence = longestSilence(timeline);
  const answers =
    silence === undefined
      ? 'answers in every second'
      : `${silence.seconds.toFixed(1)} s without an answer until ${new Date(silence.endedAt).toISOString()}`;
  return {
    promise: `the shoppers never pause (${wantedRate} requests/s)`,
    kept: rate >= wantedRate * 0.95 && silence === undefined,
    found: `${rate.toFixed(0)} requests/s, ${answers}`,
  };
}
