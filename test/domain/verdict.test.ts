import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type ColourSample, type JudgePolicy, judge } from '../../domain/verdict.js';

const policy: JudgePolicy = { minRequests: 100, errorRatioMargin: 0.01, minErrors: 5, p99Factor: 1.5, p99MarginMs: 50 };
const calm: ColourSample = { requests: 1_000, errors: 0, p99Ms: 40 };

function verdictOf(canary: ColourSample, baseline: ColourSample = calm, changed: Partial<JudgePolicy> = {}) {
  const measurement = {
    kind: 'measured',
    fromMs: 0,
    toMs: 60_000,
    colours: { blue: baseline, green: canary },
  } as const;
  return judge({ measurement, canary: 'green', baseline: 'blue', policy: { ...policy, ...changed } });
}

describe('the judge', () => {
  it('passes a canary that is like its baseline', () => {
    expect(verdictOf(calm).kind).toBe('pass');
  });

  it('fails a canary whose error ratio lies over the margin, and names both ratios', () => {
    const verdict = verdictOf({ requests: 200, errors: 6, p99Ms: 40 });
    expect(verdict).toEqual({
      kind: 'fail',
      reason: expect.stringContaining('canary 6 of 200 (3.00 %), baseline 0 of 1000 (0.00 %)') as string,
    });
  });

  it('fails a canary on proven errors before it has had its minimum of requests', () => {
    expect(verdictOf({ requests: 40, errors: 20, p99Ms: 40 }).kind).toBe('fail');
  });

  it('does not fail a canary for one unlucky request', () => {
    expect(verdictOf({ requests: 100, errors: 4, p99Ms: 40 }).kind).toBe('inconclusive');
  });

  it('says inconclusive, not pass, when there was too little traffic on either side', () => {
    expect(verdictOf({ requests: 99, errors: 0, p99Ms: 40 }).kind).toBe('inconclusive');
    expect(verdictOf(calm, { requests: 99, errors: 0, p99Ms: 40 }).kind).toBe('inconclusive');
    expect(verdictOf({ requests: 0, errors: 0, p99Ms: null }).kind).toBe('inconclusive');
  });

  it('fails a canary that has nearly all traffic without waiting for a baseline that is hardly left', () => {
    expect(verdictOf({ requests: 1_140, errors: 1_140, p99Ms: 5 }, { requests: 60, errors: 0, p99Ms: 5 }).kind).toBe(
      'fail',
    );
  });

  it('does not blame the canary for errors the baseline has as well', () => {
    expect(verdictOf({ requests: 1_000, errors: 50, p99Ms: 40 }, { requests: 1_000, errors: 45, p99Ms: 40 }).kind).toBe(
      'pass',
    );
  });

  it('fails a canary whose p99 lies over factor and margin, and passes one exactly at the limit', () => {
    expect(verdictOf({ ...calm, p99Ms: 110 }).kind).toBe('pass');
    expect(verdictOf({ ...calm, p99Ms: 110.1 }).kind).toBe('fail');
  });

  it('keeps a source that is down apart from evidence that is thin', () => {
    const measurement = { kind: 'unmeasurable', reason: 'no answer' } as const;
    expect(judge({ measurement, canary: 'green', baseline: 'blue', policy })).toEqual(measurement);
  });

  it('never passes a canary that has more errors than one it fails', () => {
    const sample = fc.record({
      requests: fc.integer({ min: 100, max: 5_000 }),
      share: fc.double({ min: 0, max: 1, noNaN: true }),
    });
    fc.assert(
      fc.property(sample, fc.nat(500), ({ requests, share }, more) => {
        const errors = Math.floor(requests * share);
        const worse = Math.min(requests, errors + more);
        if (verdictOf({ requests, errors, p99Ms: 40 }).kind === 'fail') {
          expect(verdictOf({ requests, errors: worse, p99Ms: 40 }).kind).toBe('fail');
        }
      }),
    );
  });
});
