import { expect, it } from 'vitest';
import type { Audits, Chapter, Evidence } from '../../../embedded/demo/evidence.js';
import { type DemoReport, exitCodeOf, writeReport } from '../../../embedded/demo/report.js';
import { renderHtml } from '../../../embedded/demo/report-html.js';
import { renderTable } from '../../../embedded/demo/table.js';
import { auditOf, goodEvidence, moment } from './evidence.js';
import { allGraphs, graphsOf } from './graphs.js';

/** The promises that are told broken, with what was found; the same in every form of the report. */
function broken(evidence: Evidence): Record<string, string> {
  const report = writeReport(evidence);
  const found = report.promises.filter(({ kept }) => !kept);
  expect(exitCodeOf(report)).toBe(found.length === 0 ? 0 : 1);
  expect(renderTable(report).match(/BROKEN/g) ?? []).toHaveLength(found.length);
  expect(graphsOf(renderHtml(report))).toEqual(allGraphs);
  expect(renderHtml(report).match(/>BROKEN</g) ?? []).toHaveLength(found.length);
  return Object.fromEntries(found.map((promise) => [promise.promise, promise.found]));
}

it('has all that was measured, and no promise that is broken', () => {
  expect(broken(goodEvidence)).toEqual({});
  expect(JSON.parse(JSON.stringify(writeReport(goodEvidence)))).toMatchObject({
    requests: 13_200,
    failedRequests: 0,
    checkoutsAcknowledged: 1_000,
    checkoutsLost: 0,
    checkoutsDuplicated: 0,
    workerKills: 1,
    temporalUi: 'http://127.0.0.1:8233',
    releases: [
      {
        version: '2',
        outcome: 'released',
        seconds: 20,
        rollbackSeconds: null,
        steps: [{ name: 'expand', seconds: 2.5 }],
      },
      { version: '3', outcome: 'rolled-back', rollbackSeconds: 0.171 },
      { version: '4', outcome: 'released' },
    ],
  } satisfies { [Field in keyof DemoReport]?: unknown });
});

const [two, three, four] = goodEvidence.chapters as [Chapter, Chapter, Chapter];
const { audits, totals, timeline } = goodEvidence as Evidence & Required<Pick<Evidence, 'totals'>>;
const { warmWindow, beforeContract, end } = audits as Required<Audits>;
const pace = 'the shoppers never pause (220 requests/s)';
const looked = 'checkouts are looked up in the old column and the new ones until contract, and after it';

it.each<[promise: string, found: RegExp, evidence: Partial<Evidence>]>([
  ['version 2 ends released', /^needs-operator$/, { chapters: [{ ...two, outcome: 'needs-operator' }, three, four] }],
  ['version 3 ends rolled-back', /^released$/, { chapters: [two, { ...three, outcome: 'released' }, four] }],
  [
    'everything goes as the story has it',
    /4: no resume/,
    { chapters: [two, three, { ...four, troubles: ['no resume'] }] },
  ],
  ['everything goes as the story has it', /^no totals$/, { troubles: ['no totals'] }],
  ['no request fails', /^1 of 13200 requests$/, { totals: { ...totals, failed: 1 } }],
  [
    'no request fails',
    /^1 of 13200 requests; the load balancer had no idle moment in 31 of 60 s, too little processor for 220 requests\/s$/,
    { totals: { ...totals, failed: 1 }, saturation: { seconds: 60.1, saturatedSeconds: 31.2 } },
  ],
  [
    'no request fails',
    /^1 of 13200 requests$/,
    { totals: { ...totals, failed: 1 }, saturation: { seconds: 60.1, saturatedSeconds: 0 } },
  ],
  ['no acknowledged checkout is lost', /^1 of 1000/, { audits: { ...audits, end: { ...end, checkoutsLost: 1 } } }],
  ['no checkout is there twice', /^1 of 1000/, { audits: { ...audits, end: { ...end, checkoutsDuplicated: 1 } } }],
  [
    'no acknowledged checkout is changed',
    /^1 of 1000/,
    { audits: { ...audits, warmWindow: { ...warmWindow, checkoutsChanged: 1 } } },
  ],
  ['no acknowledged change of a name is lost', /^1 of 300/, { audits: { ...audits, end: { ...end, renamesLost: 1 } } }],
  [
    looked,
    /before contract: 1000 checkouts met customers\.full_name, 0 customers not filled/,
    { audits: { ...audits, beforeContract: { ...beforeContract, representations: ['customers.full_name'] } } },
  ],
  [
    looked,
    /before contract: .* 1 customers not filled/,
    { audits: { ...audits, beforeContract: auditOf({ notYetFilled: 1 }) } },
  ],
  [looked, /before contract: not looked up/, { audits: { warmWindow, end } }],
  [looked, /warm window: not looked up/, { audits: { beforeContract, end } }],
  [
    'traffic is back on the old version within 2 s of the verdict',
    /^2\.001 s$/,
    { chapters: [two, { ...three, result: { ...three.result!, trafficBackMs: 2_001 } }, four] },
  ],
  [
    'traffic is back on the old version within 2 s of the verdict',
    /^it never went back$/,
    { chapters: [two, { ...three, result: two.result! }, four] },
  ],
  ['the release outlives its worker', /^0 killed with SIGKILL/, { workerKills: 0 }],
  [
    pace,
    /^208 requests\/s, answers in every second$/,
    { timeline: timeline.map((one) => ({ ...one, requests: 208 })) },
  ],
  [
    pace,
    /^220 requests\/s, 6\.0 s without an answer until 2026-01-01T10:00:36\.000Z$/,
    { timeline: timeline.map((one, second) => (second >= 30 && second < 36 ? { ...one, byVersion: {} } : one)) },
  ],
  [
    pace,
    /^220 requests\/s, 1\.0 s without an answer/,
    { timeline: timeline.map((one, second) => (second === 0 ? { ...one, byVersion: {} } : one)) },
  ],
  [
    pace,
    /^220 requests\/s, 5\.0 s without an answer until 2026-01-01T10:00:36\.000Z$/,
    {
      timeline: timeline
        .map((one, second) => (second === 35 ? { ...one, requests: 6 * 220 } : one))
        .filter((_, second) => second < 30 || second >= 35),
    },
  ],
  ['at least 100,000 rows are backfilled under load', /^99999 rows$/, { backfilledRows: 99_999 }],
])('tells that it is broken: %s (%s)', (promise, found, evidence) => {
  expect(broken({ ...goodEvidence, ...evidence })).toEqual({ [promise]: expect.stringMatching(found) as unknown });
});

it('says why when a release ended early, and that the rest was not begun', () => {
  const told = broken({
    ...goodEvidence,
    chapters: [
      {
        ...two,
        outcome: 'rolled-back',
        result: { ...two.result!, outcome: 'rolled-back', failure: { code: 'aborted', message: 'by a person' } },
        troubles: ['the release was over before the warm window'],
      },
      { ...bare(three), outcome: 'not begun' },
      { ...bare(four), outcome: 'not begun' },
    ],
    workerKills: 0,
  });
  expect(told).toMatchObject({
    'version 2 ends released': 'rolled-back',
    'version 3 ends rolled-back': 'not begun',
    'version 4 ends released': 'not begun',
    'everything goes as the story has it': 'version 2: the release was over before the warm window',
  });
});

it('is written of what there is when the stack has died', () => {
  const { totals: _totals, ...left } = goodEvidence;
  const evidence: Evidence = {
    ...left,
    chapters: [{ ...bare(two), outcome: 'unfinished', troubles: ['the AWS simulator has ended'] }],
    timeline: [moment(0), moment(1, { failed: 3 })],
    audits: {},
    troubles: ['the last audit: ECONNREFUSED'],
  };
  expect(broken(evidence)).toMatchObject({
    'version 2 ends released': 'unfinished',
    'everything goes as the story has it': 'version 2: the AWS simulator has ended; the last audit: ECONNREFUSED',
    'no request fails': '3 of 440 requests',
    'no acknowledged checkout is lost': '0 of 0 checkouts',
  });
  expect(writeReport(evidence)).toMatchObject({
    requests: 440,
    failedRequests: 3,
    releases: [{ outcome: 'unfinished', reason: 'the AWS simulator has ended', steps: [] }],
  });
});

it('gives the reasons of failed requests', () => {
  const failure = { at: '2026-01-01T10:00:07Z', reason: 'no answer: ECONNRESET', request: 'GET /products' };
  const failures = [failure, failure].map((one) => ({ ...one, milliseconds: 7 }));
  const report = writeReport({ ...goodEvidence, totals: { ...goodEvidence.totals!, failed: 2, failures } });
  expect(report.failures).toEqual(failures);
  expect(renderTable(report)).toContain('failed, 2 times: no answer: ECONNRESET');
  expect(renderHtml(report)).toContain('<td>GET /products</td><td>no answer: ECONNRESET</td>');
});

/** Nothing but its name was ever seen of it. */
function bare({ status: _status, result: _result, ...chapter }: Evidence['chapters'][number]) {
  return chapter;
}
