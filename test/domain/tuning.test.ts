import { describe, expect, it } from 'vitest';
import {
  asTuning,
  describeTuned,
  describeTunedFile,
  readBatchMs,
  readPace,
  refuseUntunable,
  retuned,
} from '../../domain/tuning.js';

it.each([
  ['20%', 0.2],
  ['12.5%', 0.125],
  ['100%', 1],
  ['full', 1],
  ['0%', undefined],
  ['0.5%', undefined],
  ['101%', undefined],
  ['20', undefined],
  ['', undefined],
  ['half', undefined],
] as const)('reads a pace of %j as %j', (text, pace) => {
  expect(readPace(text)).toBe(pace);
});

it.each([
  ['5', 5],
  ['1000', 1_000],
  ['0', undefined],
  ['1001', undefined],
  ['5ms', undefined],
  ['2.5', undefined],
] as const)('reads batches of %j as %j', (text, ms) => {
  expect(readBatchMs(text)).toBe(ms);
});

it('has no say in what strong locks wait for', () => {
  expect(refuseUntunable({ pace: 1, brakes: { vacuum: 'off', deadRows: 1 } })).toBeUndefined();
  expect(refuseUntunable({ brakes: { vacuum: 'off', standbyQueries: 'off' } })).toMatch(
    /^expected brakes of a backfill \(replicaBytes, .*, deadRows\), found standbyQueries, which strong locks wait for: say --brake/,
  );
});

it('takes over the wire what it knows, and nothing else', () => {
  const whole = { pace: 0.2, batchMs: 5, jobs: 4, brakes: { replicaBytes: 256e6, vacuum: 'off' } };
  expect(asTuning(whole)).toEqual(whole);
  expect(asTuning({})).toEqual({});
  const nonsense = [
    undefined,
    null,
    [],
    'full',
    { pace: '20%' },
    { pace: 0 },
    { pace: 1.1 },
    { batchMs: 0 },
    { batchMs: 2.5 },
    { jobs: 0 },
    { jobs: 17 },
    { brakes: 'off' },
    { brakes: { replicaBytes: -1 } },
    { brakes: { replicaBytes: 'never' } },
    { brakes: { brake: 1 } },
    { speed: 1 },
  ];
  for (const value of nonsense) expect([value, asTuning(value)]).toEqual([value, undefined]);
});

describe('what is said later', () => {
  const before = { pace: 0.2, brakes: { replicaBytes: 1e6, vacuum: 'off' } } as const;

  it('leaves what it does not speak of', () => {
    const tuning = { batchMs: 5, brakes: { replicaBytes: 'off' } } as const;
    const after = { pace: 0.2, batchMs: 5, brakes: { replicaBytes: 'off', vacuum: 'off' } };
    expect(retuned(before, { tuning })).toEqual(after);
  });

  it('is all there is after a reset', () => {
    expect(retuned(before, { tuning: { pace: 1 }, reset: true })).toEqual({ pace: 1 });
    expect(retuned(before, { tuning: {}, reset: true })).toEqual({});
  });
});

it('says in words what is in force, and what was', () => {
  const now = {
    pace: 0.2,
    batchMs: 5,
    brakes: { replicaBytes: 256e6, replicaStall: 90_000, deadRows: 0.8, vacuum: 0 },
  };
  const words = 'pace 20 %, batches of 5 ms, replicaBytes 256 MB, replicaStall 1 min 30 s, vacuum on, deadRows 80 %';
  expect(describeTunedFile({ file: 'V2', was: {}, now })).toBe(`V2: ${words} (before: as it was begun)`);
  expect(describeTuned({ by: 'ann', tuning: { pace: 1, brakes: { vacuum: 'off' } } })).toBe(
    'tuned by ann: full pace, vacuum off',
  );
});
