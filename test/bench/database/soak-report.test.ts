import { describe, expect, it } from 'vitest';
import { brokenPromises, type SoakReport } from '../../../bench/database/soak/report.js';
import { soakText } from '../../../bench/database/soak/report-text.js';

const finding = { phase: 'backfill', round: 1, words: 'row 7' };
const good: SoakReport = {
  seed: 1,
  minutes: 2,
  rows: 1_000,
  rounds: [{ name: '0001_split', kinds: ['split_column'], end: 'contract', kills: 1, seconds: 9 }],
  statements: { old: 10, new: 10 },
  failed: [],
  divergent: [],
  lost: [],
  engine: [],
  checks: 3,
  kills: 1,
  stall: { ms: 12, phase: 'expand', round: 1, version: 'old', statement: 'select 1' },
  latencies: [{ phase: 'expand', statements: 20, p50: 1, p99: 2, max: 12 }],
};

const breaches: readonly (readonly [string, Partial<SoakReport>, string])[] = [
  [
    'a statement failed',
    {
      failed: [
        { phase: 'expand', round: 1, version: 'old', sqlstate: '42703', message: 'gone', statement: 'select a' },
      ],
    },
    '1 statements of the service failed',
  ],
  ['the forms of a row differ', { divergent: [finding] }, 'differed in 1 checks'],
  ['a write is lost', { lost: [finding] }, 'lost, found 1 times'],
  ['the engine goes wrong', { engine: [finding] }, '1 commands of the engine'],
  ['no round was whole', { rounds: good.rounds.map((round) => ({ ...round, end: 'cut off' as const })) }, 'no round'],
  ['nobody looked', { checks: 0 }, 'never looked at'],
  ['the old version was silent', { statements: { old: 0, new: 10 } }, 'the old version sent no statement'],
  ['the new version was silent', { statements: { old: 10, new: 0 } }, 'the new version sent no statement'],
  ['its counts are no numbers', { statements: { old: NaN, new: 10 } }, 'the old version sent no statement'],
];

describe('a soak', () => {
  it('has kept every promise when nothing was found and something was tried', () => {
    expect(brokenPromises(good)).toEqual([]);
    expect(soakText(good)).toContain('Every promise was kept.');
  });

  it.each(breaches)('is broken when %s', (_, change, words) => {
    const report = { ...good, ...change };
    expect(brokenPromises(report)).toEqual([expect.stringContaining(words)]);
    expect(soakText(report)).toMatch(/^Broken: .*Again: --seed 1$/m);
  });
});
