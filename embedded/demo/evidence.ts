import type { Outcome, ReleaseResult, ReleaseStatus } from '../../domain/release-state.js';
import type { Weights } from '../../domain/traffic.js';
import type { Saturation } from '../aws/saturation.js';
import type { AuditResult } from '../../examples/shop/shoppers/audit.js';
import type { FinalReport, Report } from '../../examples/shop/shoppers/crowd.js';

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

/** `unfinished`: its end was not seen. `not begun`: it was refused, or a release before it did not end as it must. */
export type ChapterOutcome = Outcome | 'unfinished' | 'not begun';

export interface Chapter {
  readonly version: string;
  readonly expected: Outcome;
  readonly outcome: ChapterOutcome;
  readonly startedAt: number;
  readonly endedAt: number;
  /** Absent when its end was not seen. */
  readonly result?: ReleaseResult;
  /** Absent when it was never seen. */
  readonly status?: ReleaseStatus;
  /** What went otherwise than the story has it, in words. */
  readonly troubles: readonly string[];
  readonly temporalUi: string;
}

/** Of every checkout acknowledged until then; absent when it came to none. */
export interface Audits {
  readonly warmWindow?: AuditResult;
  /** Contract waits for it: the old column is still there, and version 1 has gone. */
  readonly beforeContract?: AuditResult;
  /** When the shoppers had gone home. */
  readonly end?: AuditResult;
}

export interface Evidence {
  readonly startedAt: number;
  readonly temporalUi: string;
  readonly chapters: readonly Chapter[];
  /** Absent when the shoppers ended without them. */
  readonly totals?: FinalReport;
  readonly timeline: readonly Moment[];
  readonly audits: Audits;
  /** Workers that ended by SIGKILL. */
  readonly workerKills: number;
  /** Rows the backfill says it has changed; those a trigger filled are not among them. */
  readonly backfilledRows: number;
  readonly wantedRate: number;
  /** Of the load balancer's process, while the shoppers were there; absent when it could not be asked. */
  readonly saturation?: Saturation;
  /** What went wrong beside the releases, in words. */
  readonly troubles: readonly string[];
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

export function sum<T>(items: readonly T[], pick: (item: T) => number): number {
  return items.reduce((total, item) => total + pick(item), 0);
}
