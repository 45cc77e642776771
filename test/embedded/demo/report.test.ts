import { expect, it } from 'vitest';
import type { Evidence } from '../../../embedded/demo/evidence.js';
import { exitCodeOf, writeReport } from '../../../embedded/demo/report.js';
import { renderHtml } from '../../../embedded/demo/report-html.js';
import { renderTable } from '../../../embedded/demo/table.js';
import { goodEvidence, moment } from './evidence.js';

/** The promises that are told broken, with what was found; the same in every form of the report. */
function broken(evidence: Evidence): Record<string, string> {
  const report = writeReport(evidence);
  const found = report.promises.filter(({ kept }) => !kept);
  expect(exitCodeOf(report)).toBe(found.length === 0 ? 0 : 1);
  expect(renderTable(report).match(/BROKEN/g) ?? []).toHaveLength(found.length);
  expect(renderHtml(report).match(/>BROKEN</g) ?? []).toHaveLength(found.length);
  return Object.fromEntries(found.map((promise) => [promise.promise, promise.found]));
}

it('says why when a release ended early, and that the rest was not begun', () => {
  const [two, three, four] = goodEvidence.chapters;
  const told = broken({
    ...goodEvidence,
    chapters: [
      {
        ...two!,
        outcome: 'rolled-back',
        result: { ...two!.result!, outcome: 'rolled-back', failure: { code: 'aborted', message: 'by a person' } },
        troubles: ['the release was over before the warm window'],
      },
      { ...bare(three!), outcome: 'not begun' },
      { ...bare(four!), outcome: 'not begun' },
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
  const [two] = goodEvidence.chapters;
  const { totals: _totals, lastAudit: _audit, ...left } = goodEvidence;
  const evidence: Evidence = {
    ...left,
    chapters: [{ ...bare(two!), outcome: 'unfinished', troubles: ['the AWS simulator has ended'] }],
    timeline: [moment(0), moment(1, { failed: 3 })],
    audits: [],
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
