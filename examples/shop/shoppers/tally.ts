import { createHistogram, type RecordableHistogram } from 'node:perf_hooks';
import { type Answer, judge } from './answer.js';
import type { ShopRequest } from './connection.js';

export interface Counts {
  readonly requests: number;
  /** No answer, an answer that is not the shop's, or one that is not 2xx, from any version that is not known to be bad. */
  readonly failed: number;
  /** 5xx the shop itself answered, of whatever version: those of a bad version are counted here only. */
  readonly applicationErrors: number;
  /** By x-shop-version; `errors` are the answers that were not 2xx. */
  readonly byVersion: Readonly<Record<string, { readonly requests: number; readonly errors: number }>>;
  /** Milliseconds from sending to the last byte; 0 when nothing was answered. */
  readonly p50: number;
  readonly p99: number;
}

export interface Failure {
  readonly at: string;
  readonly reason: string;
  readonly request: string;
  readonly version?: string;
  readonly milliseconds: number;
}

export interface Tally {
  record(request: ShopRequest, answer: Answer, milliseconds: number): void;
  /** What a shopper saw that no status tells: counted as failed, and not as a request of its own. */
  complain(reason: string, where: string): void;
  /** A request that was due and could not even be sent. */
  refuse(reason: string): void;
  /** Since the last call. */
  recent(): Counts;
  total(): Counts;
  /** The last 50. */
  readonly failures: readonly Failure[];
}

const failuresKept = 50;

export function createTally(badVersions: ReadonlySet<string>): Tally {
  const all = createCounter();
  let recent = createCounter();
  const failures: Failure[] = [];

  const fail = (failure: Omit<Failure, 'at'>) => {
    for (const counter of [all, recent]) counter.failed += 1;
    failures.push({ at: new Date().toISOString(), ...failure });
    if (failures.length > failuresKept) failures.shift();
  };
  return {
    record(request, answer, milliseconds) {
      for (const counter of [all, recent]) count(counter, answer, milliseconds);
      const judgement = judge(answer, badVersions);
      if (judgement.kind !== 'failed') return;
      const version = answer.kind === 'answered' ? answer.version : undefined;
      fail({ reason: judgement.reason, request: lineOf(request), milliseconds, ...(version && { version }) });
    },
    complain: (reason, where) => fail({ reason, request: where, milliseconds: 0 }),
    refuse(reason) {
      for (const counter of [all, recent]) counter.requests += 1;
      fail({ reason, request: 'none', milliseconds: 0 });
    },
    recent() {
      const counts = countsOf(recent);
      recent = createCounter();
      return counts;
    },
    total: () => countsOf(all),
    failures,
  };
}

interface Counter {
  requests: number;
  failed: number;
  applicationErrors: number;
  readonly byVersion: Record<string, { requests: number; errors: number }>;
  readonly microseconds: RecordableHistogram;
}

function createCounter(): Counter {
  return { requests: 0, failed: 0, applicationErrors: 0, byVersion: {}, microseconds: createHistogram() };
}

function count(counter: Counter, answer: Answer, milliseconds: number): void {
  counter.requests += 1;
  if (answer.kind === 'unanswered') return;
  counter.microseconds.record(Math.max(1, Math.round(milliseconds * 1_000)));
  if (answer.version === undefined) return;
  const version = (counter.byVersion[answer.version] ??= { requests: 0, errors: 0 });
  version.requests += 1;
  if (answer.status < 200 || answer.status > 299) version.errors += 1;
  if (answer.status >= 500) counter.applicationErrors += 1;
}

function countsOf({ microseconds, ...counts }: Counter): Counts {
  const percentile = (p: number) => (microseconds.count === 0 ? 0 : Math.round(microseconds.percentile(p) / 10) / 100);
  return { ...counts, p50: percentile(50), p99: percentile(99) };
}

function lineOf({ method, path }: ShopRequest): string {
  return `${method} ${path}`;
}
