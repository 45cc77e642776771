import { expect, it } from 'vitest';
import type { Answer } from '../../../../examples/shop/shoppers/answer.js';
import { createTally, type Tally } from '../../../../examples/shop/shoppers/tally.js';

const request = { method: 'GET', path: '/products' } as const;

function record(tally: Tally, ...answers: Answer[]): void {
  for (const answer of answers) tally.record(request, answer, 10);
}

const answered = (status: number, version?: string): Answer => ({ kind: 'answered', status, version, body: {} });

it('keeps the faults of a bad version apart from failed requests', () => {
  const tally = createTally(new Set(['3']));
  record(tally, answered(200, '2'), answered(201, '3'), answered(500, '3'));
  expect(tally.total()).toMatchObject({
    requests: 3,
    failed: 0,
    applicationErrors: 1,
    byVersion: { '2': { requests: 1, errors: 0 }, '3': { requests: 2, errors: 1 } },
  });
  expect(tally.failures).toEqual([]);
});

it('counts the same fault of any other version as both: the shop failed, and so did the request', () => {
  const tally = createTally(new Set(['3']));
  record(tally, answered(500, '2'));
  expect(tally.total()).toMatchObject({ failed: 1, applicationErrors: 1, byVersion: { '2': { errors: 1 } } });
  expect(tally.failures).toMatchObject([{ reason: 'status 500', request: 'GET /products', version: '2' }]);
});

it('fails a request that nobody or somebody else than the shop answered', () => {
  const tally = createTally(new Set(['3']));
  record(tally, { kind: 'unanswered', reason: 'ECONNRESET' }, answered(502), answered(404), answered(404, '3'));
  expect(tally.total()).toMatchObject({ requests: 4, failed: 4, applicationErrors: 0 });
  expect(tally.failures.map((failure) => failure.reason)).toEqual([
    'ECONNRESET',
    'status 502',
    'status 404',
    'status 404',
  ]);
});

it('fails what could not even be sent', () => {
  const tally = createTally(new Set());
  tally.refuse('no room');
  expect(tally.total()).toMatchObject({ requests: 1, failed: 1 });
});

it('tells the recent from the total, and adds up', () => {
  const tally = createTally(new Set());
  record(tally, answered(200, '1'), answered(500));
  expect(tally.recent()).toMatchObject({ requests: 2, failed: 1 });
  record(tally, answered(200, '1'));
  expect(tally.recent()).toMatchObject({ requests: 1, failed: 0, byVersion: { '1': { requests: 1, errors: 0 } } });
  expect(tally.recent()).toMatchObject({ requests: 0, byVersion: {}, p99: 0 });
  expect(tally.total()).toMatchObject({ requests: 3, failed: 1, byVersion: { '1': { requests: 2, errors: 0 } } });
});

it('reads percentiles in milliseconds', () => {
  const tally = createTally(new Set());
  for (let n = 1; n <= 1_000; n += 1) tally.record(request, answered(200, '1'), n / 10);
  const { p50, p99 } = tally.total();
  expect(Math.abs(p50 - 50)).toBeLessThan(0.5);
  expect(Math.abs(p99 - 99)).toBeLessThan(0.5);
});

it('keeps the last 50 failures', () => {
  const tally = createTally(new Set());
  for (let n = 0; n < 60; n += 1) record(tally, { kind: 'unanswered', reason: `reason ${n}` });
  expect(tally.failures).toHaveLength(50);
  expect(tally.failures.at(-1)?.reason).toBe('reason 59');
});
