import { cpus, totalmem, type } from 'node:os';
import type { ReleaseStatus } from '../../domain/release-state.js';
import type { AuditResult } from '../../examples/shop/shoppers/audit.js';
import type { FinalReport } from '../../examples/shop/shoppers/crowd.js';
import { type Audits, type Chapter, type ChapterOutcome, type Evidence, type Moment, sum } from './evidence.js';
import { judgePromises } from './promises.js';

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
  readonly audits: Audits;
  readonly backfilledRows: number;
  readonly workerKills: number;
  readonly temporalUi: string;
  readonly releases: readonly ReleaseReport[];
  readonly promises: readonly PromiseReport[];
  readonly timeline: readonly Moment[];
}

export interface ReleaseReport {
  readonly version: string;
  readonly outcome: ChapterOutcome;
  /** Why, for everything but `released`. */
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

/** Takes whatever evidence there is; what is missing breaks the promises that rest on it. */
export function writeReport(evidence: Evidence): DemoReport {
  const { totals, chapters, timeline } = evidence;
  const { warmWindow, beforeContract, end } = evidence.audits;
  const audits = [warmWindow, beforeContract, end].filter((audit) => audit !== undefined);
  const worst = (pick: (audit: AuditResult) => number) => Math.max(0, ...audits.map(pick));
  const report = {
    startedAt: new Date(evidence.startedAt).toISOString(),
    seconds: (Date.now() - evidence.startedAt) / 1000,
    machine: `${cpus().length} cores, ${Math.round(totalmem() / 2 ** 30)} GiB, ${type()}, Node ${process.version}`,
    requests: totals?.requests ?? sum(timeline, ({ requests }) => requests),
    failedRequests: totals?.failed ?? sum(timeline, ({ failed }) => failed),
    failures: totals?.failures ?? [],
    badVersionErrors: totals?.applicationErrors ?? sum(timeline, ({ applicationErrors }) => applicationErrors),
    checkoutsAcknowledged: end?.checkoutsAcknowledged ?? 0,
    checkoutsLost: worst((audit) => audit.checkoutsLost),
    checkoutsDuplicated: worst((audit) => audit.checkoutsDuplicated),
    checkoutsChanged: worst((audit) => audit.checkoutsChanged),
    renamesAcknowledged: end?.renamesAcknowledged ?? 0,
    renamesLost: worst((audit) => audit.renamesLost),
    auditFindings: audits.flatMap((audit) => audit.examples),
    audits: evidence.audits,
    backfilledRows: evidence.backfilledRows,
    workerKills: evidence.workerKills,
    temporalUi: evidence.temporalUi,
    releases: chapters.map(describeRelease),
    timeline,
  };
  return { ...report, promises: judgePromises(report, evidence) };
}

/** 0 only if every promise was kept. */
export function exitCodeOf({ promises }: Pick<DemoReport, 'promises'>): 0 | 1 {
  return promises.every(({ kept }) => kept) ? 0 : 1;
}

function describeRelease(chapter: Chapter): ReleaseReport {
  const { version, outcome, result, status, troubles, startedAt, endedAt, temporalUi } = chapter;
  const failure = result?.failure && `${result.failure.code}: ${result.failure.message}`;
  return {
    version,
    outcome,
    reason: [failure, ...troubles].filter((words) => words !== undefined).join('; ') || null,
    temporalUi,
    startedAt,
    seconds: (endedAt - startedAt) / 1000,
    rollbackSeconds: result?.trafficBackMs === undefined ? null : result.trafficBackMs / 1000,
    steps: (status?.steps ?? []).map((step) => ({
      name: step.name,
      seconds: ((step.endedAt ?? endedAt) - step.startedAt) / 1000,
      note: step.note ?? '',
    })),
    decisions: status?.decisions ?? [],
  };
}
