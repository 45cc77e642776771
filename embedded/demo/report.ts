import { cpus, totalmem, type } from 'node:os';
import type { Outcome, ReleaseResult, ReleaseStatus } from '../../domain/release-state.js';
import type { Weights } from '../../domain/traffic.js';
import type { AuditResult } from '../../examples/shop/shoppers/audit.js';
import type { FinalReport, Report } from '../../examples/shop/shoppers/crowd.js';

/** `.sluice/demo/report.json`. Seconds and milliseconds are measured, never rounded up to something nicer. */
export interface DemoReport {
  readonly startedAt: string;
  readonly seconds: number;
  readonly machine: string;
  /** Requests the shoppers sent, and those a version that was known to be good, or the release, let down. */
  readonly requests: number;
  readonly failedRequests: number;
  readonly failures: FinalReport['failures'];
  /** 5xx that version 3 itself answered: its own fault, the reason it is sent back, and not in `failedRequests`. */
  readonly badVersionErrors: number;
  readonly checkoutsAcknowledged: number;
  readonly checkoutsLost: number;
  readonly checkoutsDuplicated: number;
  readonly checkoutsChanged: number;
  readonly renamesAcknowledged: number;
  readonly renamesLost: number;
  /** What the audits found wrong, in words. */
  readonly auditFindings: readonly string[];
  readonly workerKills: number;
  readonly temporalUi: string;
  readonly releases: readonly ReleaseReport[];
  readonly promises: readonly PromiseReport[];
  readonly timeline: readonly Moment[];
}

export interface ReleaseReport {
  readonly version: string;
  readonly outcome: Outcome;
  readonly reason: string | null;
  readonly temporalUi: string;
  /** Epoch milliseconds. */
  readonly startedAt: number;
  readonly seconds: number;
  /** From the decision to go back until the old colour was read back at 100 %; `null` when it did not go back. */
  readonly rollbackSeconds: number | null;
  readonly steps: readonly { readonly name: string; readonly seconds: number; readonly note: string }[];
  readonly decisions: ReleaseStatus['decisions'];
}

export interface PromiseReport {
  readonly promise: string;
  readonly kept: boolean;
  readonly found: string;
}

/** One second of the shop. */
export interface Moment {
  /** Epoch milliseconds. */
  readonly at: number;
  readonly requests: number;
  readonly failed: number;
  readonly applicationErrors: number;
  readonly byVersion: Readonly<Record<string, number>>;
  readonly p50: number;
  readonly p99: number;
  readonly weights: Weights;
}

export interface Chapter {
  readonly version: string;
  readonly expected: Outcome;
  readonly startedAt: number;
  readonly endedAt: number;
  readonly result: ReleaseResult;
  readonly status: ReleaseStatus;
  readonly temporalUi: string;
}

export interface Evidence {
  readonly startedAt: number;
  readonly temporalUi: string;
  readonly chapters: readonly Chapter[];
  readonly totals: FinalReport;
  readonly timeline: readonly Moment[];
  /** Before contract, with both representations of a name in the tables, and at the end. */
  readonly audits: readonly AuditResult[];
  readonly workerKills: number;
  readonly backfilledRows: number;
  readonly wantedRate: number;
}

export function writeReport(evidence: Evidence): DemoReport {
  const { totals, audits, chapters } = evidence;
  const last = audits.at(-1);
  const worst = (pick: (audit: AuditResult) => number) => Math.max(0, ...audits.map(pick));
  const report = {
    startedAt: new Date(evidence.startedAt).toISOString(),
    seconds: (Date.now() - evidence.startedAt) / 1000,
    machine: `${cpus().length} cores, ${Math.round(totalmem() / 2 ** 30)} GiB, ${type()}, Node ${process.version}`,
    requests: totals.requests,
    failedRequests: totals.failed,
    failures: totals.failures,
    badVersionErrors: totals.applicationErrors,
    checkoutsAcknowledged: last?.checkoutsAcknowledged ?? 0,
    checkoutsLost: worst((audit) => audit.checkoutsLost),
    checkoutsDuplicated: worst((audit) => audit.checkoutsDuplicated),
    checkoutsChanged: worst((audit) => audit.checkoutsChanged),
    renamesAcknowledged: last?.renamesAcknowledged ?? 0,
    renamesLost: worst((audit) => audit.renamesLost),
    auditFindings: audits.flatMap((audit) => audit.examples),
    workerKills: evidence.workerKills,
    temporalUi: evidence.temporalUi,
    releases: chapters.map(describeRelease),
    timeline: evidence.timeline,
  };
  return { ...report, promises: judgePromises(report, evidence) };
}

function describeRelease(chapter: Chapter): ReleaseReport {
  const { version, result, status, startedAt, endedAt, temporalUi } = chapter;
  return {
    version,
    outcome: result.outcome,
    reason: result.failure === undefined ? null : `${result.failure.code}: ${result.failure.message}`,
    temporalUi,
    startedAt,
    seconds: (endedAt - startedAt) / 1000,
    rollbackSeconds: result.trafficBackMs === undefined ? null : result.trafficBackMs / 1000,
    steps: status.steps.map((step) => ({
      name: step.name,
      seconds: ((step.endedAt ?? endedAt) - step.startedAt) / 1000,
      note: step.note ?? '',
    })),
    decisions: status.decisions,
  };
}

/** What the demo is for: each line is checked, and one that is not kept fails the run. */
function judgePromises(report: Omit<DemoReport, 'promises'>, evidence: Evidence): PromiseReport[] {
  const rate = report.requests / Math.max(1, evidence.totals.seconds);
  const back = report.releases.find((release) => release.rollbackSeconds !== null)?.rollbackSeconds ?? null;
  // None of none would prove nothing.
  const zero = (promise: string, count: number, total: number, things: string): PromiseReport => ({
    promise,
    kept: count === 0 && total > 0,
    found: `${count} of ${total} ${things}`,
  });
  return [
    ...evidence.chapters.map(({ version, expected, result }) => ({
      promise: `version ${version} ends ${expected}`,
      kept: result.outcome === expected,
      found: result.outcome,
    })),
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
      kept: evidence.workerKills > 0 && evidence.chapters.at(-1)?.result.outcome === 'released',
      found: `${report.workerKills} killed with SIGKILL, version ${evidence.chapters.at(-1)?.version} ${evidence.chapters.at(-1)?.result.outcome}`,
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

/** The rule a shopper met, for the picture. */
export function toMoment(report: Report, weights: Weights): Moment {
  return {
    at: Date.parse(report.at),
    requests: report.requests,
    failed: report.failed,
    applicationErrors: report.applicationErrors,
    byVersion: Object.fromEntries(
      Object.entries(report.byVersion).map(([version, { requests }]) => [version, requests]),
    ),
    p50: report.p50,
    p99: report.p99,
    weights,
  };
}
