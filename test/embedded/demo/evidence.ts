import type { Outcome } from '../../../domain/release-state.js';
import type { Chapter, Evidence, Moment } from '../../../embedded/demo/evidence.js';
import type { AuditResult } from '../../../examples/shop/shoppers/audit.js';

const began = Date.parse('2026-01-01T10:00:00Z');

/** A demo that went as it should: 60 seconds, in each 220 requests. */
export const goodEvidence: Evidence = {
  startedAt: began,
  temporalUi: 'http://127.0.0.1:8233',
  chapters: [
    chapter('2', 'released'),
    { ...chapter('3', 'rolled-back'), result: { ...resultOf('3', 'rolled-back'), trafficBackMs: 171 } },
    chapter('4', 'released'),
  ],
  totals: {
    final: true,
    at: new Date(began + 60_000).toISOString(),
    seconds: 60,
    requests: 13_200,
    failed: 0,
    failures: [],
    applicationErrors: 5,
    byVersion: {},
    p50: 3,
    p99: 20,
    acknowledged: 1_000,
  },
  timeline: Array.from({ length: 60 }, (_, second) => moment(second)),
  audits: {
    warmWindow: auditOf(),
    beforeContract: auditOf(),
    end: auditOf({ representations: ['customers_v1.full_name', 'customers.first_name, customers.last_name'] }),
  },
  workerKills: 1,
  backfilledRows: 119_000,
  wantedRate: 220,
  troubles: [],
};

export function moment(second: number, more: Partial<Moment> = {}): Moment {
  return {
    at: began + (second + 1) * 1_000,
    requests: 220,
    failed: 0,
    applicationErrors: 0,
    byVersion: { '1': 198, '2': 22 },
    p50: 3,
    p99: 20,
    weights: { blue: 90, green: 10 },
    ...more,
  };
}

export function auditOf(more: Partial<AuditResult> = {}): AuditResult {
  return {
    checkoutsAcknowledged: 1_000,
    checkoutsLost: 0,
    checkoutsDuplicated: 0,
    checkoutsChanged: 0,
    renamesAcknowledged: 300,
    renamesLost: 0,
    representations: ['customers.full_name', 'customers.first_name, customers.last_name'],
    notYetFilled: 0,
    examples: [],
    ...more,
  };
}

function chapter(version: string, outcome: Outcome): Chapter {
  return {
    version,
    expected: outcome,
    outcome,
    startedAt: began + 1_000,
    endedAt: began + 21_000,
    result: resultOf(version, outcome),
    status: {
      ...refOf(version),
      phase: 'ended',
      step: 'ended',
      steps: [{ name: 'expand', startedAt: began + 1_000, endedAt: began + 3_500, note: 'V2.1' }],
      decisions: [{ at: began + 4_000, actor: 'demo', text: 'pause' }],
    },
    troubles: [],
    temporalUi: `http://127.0.0.1:8233/${version}`,
  };
}

function resultOf(version: string, outcome: Outcome) {
  return { ...refOf(version), outcome };
}

function refOf(version: string) {
  return { lane: { environment: 'demo', service: 'shop' }, version };
}
