import { describe, expect, it } from 'vitest';
import { effectOf } from '../../client/commands/abort.js';
import { holdOf } from '../../client/commands/pause.js';
import { wayFrom } from '../../client/commands/rollback.js';
import type { ReleaseStatus } from '../../domain/release-state.js';

const status: ReleaseStatus = {
  lane: { environment: 'production', service: 'shop' },
  version: '2',
  phase: 'keep-warm',
  step: 'keep warm',
  live: 'blue',
  idle: 'green',
  steps: [{ name: 'cut over', startedAt: 0, endedAt: 1 }],
  decisions: [],
};
const parked = { ...status, phase: 'needs-operator' } as const;

describe('what abort says', () => {
  it.each<[string, ReleaseStatus | undefined, RegExp]>([
    ['while traffic may go back', status, /^It goes back at once/],
    ['without a worker', undefined, /^It goes back at once/],
    ['at a broken undo', { ...parked, goingBack: true }, /^It is on its way back already/],
  ])('%s', (_when, at, words) => {
    expect(effectOf(at)).toMatch(words);
  });
});

describe('what abort and pause refuse', () => {
  const past = { ...parked, noWayBack: 'contract has begun' };

  it('is what nothing can come of', () => {
    expect(() => effectOf(past)).toThrow(/no way back: contract has begun/);
    expect(() => holdOf(past)).toThrow(/nothing holds it any more: contract has begun/);
    expect(() => holdOf({ ...parked, goingBack: true })).toThrow(/on its way back, which is never held/);
  });

  it('is not what comes before: a pause holds before contract', () => {
    expect(holdOf({ ...status, phase: 'contract' })).toMatch(/^It holds before contract begins/);
    expect(holdOf(status)).toMatch(/^It holds at the next safe point/);
  });
});

describe('what rollback says', () => {
  it('is one weight change until the old colour is retired, and a start of tasks after', () => {
    expect(wayFrom(status)).toMatch(/^One weight change gives blue all traffic/);
    const steps = [...status.steps, { name: 'retire', startedAt: 1, endedAt: 2 }];
    expect(wayFrom({ ...parked, steps })).toMatch(/^blue has no tasks any more/);
  });

  it('is that nothing has moved yet while the new version is prepared', () => {
    expect(wayFrom({ ...status, phase: 'backfill' })).toMatch(/^All traffic is on blue still/);
  });

  it('is a refusal past the point of no return, wherever the release stands, and after its end', () => {
    expect(() => wayFrom({ ...parked, noWayBack: 'contract has begun' })).toThrow(/no way back: contract has begun/);
    expect(() => wayFrom({ ...status, phase: 'ended' })).toThrow(/it has ended/);
    expect(wayFrom({ ...parked, goingBack: true })).toMatch(/already/);
  });
});
