import { describe, expect, it } from 'vitest';
import { answerCommands, heldBy } from '../../client/answers.js';
import { holdOf } from '../../client/commands/pause.js';
import { thenBegins } from '../../client/then-begins.js';
import { wayBackFrom } from '../../client/way-back-words.js';
import type { Gate, ReleaseStatus } from '../../domain/release-state.js';

/** A release that has begun these steps; the last is on, whatever phase or gate it stands at. */
function at(...steps: readonly string[]): ReleaseStatus {
  return {
    lane: { environment: 'production', service: 'shop' },
    version: '2',
    phase: 'needs-operator',
    step: steps.at(-1) ?? '',
    live: 'blue',
    idle: 'green',
    steps: steps.map((name, i) => ({ name, startedAt: i, ...(i < steps.length - 1 ? { endedAt: i + 1 } : {}) })),
    decisions: [],
  };
}

const prepared = ['admit', 'provision', 'expand'];
const shifted = [...prepared, 'deploy', 'await healthy', 'smoke', 'shift 5 %'];
const retired = [...shifted, 'cut over', 'keep warm', 'await no requests', 'retire'];
const waitsAtContract: Gate = { name: 'contract', reason: 'x', answers: ['retry', 'skip', 'abort'] };

describe('what abort and rollback say', () => {
  it.each<[string, ReleaseStatus | undefined, RegExp]>([
    ['without a worker', undefined, /^It goes back as far as it has come: traffic first/],
    ['before anything was changed', at('admit'), /^Nothing has been changed yet/],
    ['while the new version is prepared', at(...prepared), /^All traffic is on blue still/],
    ['once a shift has begun, successful or not', at(...shifted), /^One weight change gives blue all traffic, at once/],
    ['once retire has begun', at(...retired), /^blue has no tasks any more: they are started first/],
    [
      'at a question before contract',
      { ...at(...retired, 'await retired'), gate: { ...waitsAtContract, name: 'begin contract' } },
      /^blue has no tasks any more/,
    ],
    [
      'once contract has begun',
      at(...retired, 'contract'),
      /^If no statement of contract has run .* Otherwise contract/,
    ],
    ['at a broken undo', { ...at(...retired), goingBack: true }, /^It is on its way back already/],
  ])('%s', (_when, status, words) => {
    expect(wayBackFrom(status)).toMatch(words);
  });

  it('is a refusal past the point of no return, and after the end', () => {
    expect(() => wayBackFrom({ ...at(...retired), noWayBack: 'contract has begun' })).toThrow(
      /no way back: contract has begun/,
    );
    const result = { ...at(), outcome: 'released' } as const;
    expect(() => wayBackFrom({ ...at(...retired), result })).toThrow(/it has ended/);
  });
});

describe('what ends a release', () => {
  const begins = (waiting: readonly string[] | undefined) =>
    thenBegins({ environment: 'production', service: 'shop' }, waiting);

  it('is said to let the next one of its lane begin', () => {
    const abort = 'begins: where it should not, `sluice abort production/shop/8 --reason "why"` first.';
    expect(begins(['8'])).toEqual([`Then 8, which waits in its lane, ${abort}`]);
    expect(begins(['8', '9'])[0]).toContain('begins (after it 9)');
    expect(begins([])).toEqual([]);
    expect(begins(undefined)).toEqual(['No worker says what waits in its lane: that begins then.']);
  });
});

describe('what pause says', () => {
  it('is where it holds, as long as there is a safe point ahead', () => {
    expect(holdOf(at(...shifted))).toMatch(/^It holds at the next safe point/);
    expect(holdOf(at(...retired, 'prove old version gone'))).toMatch(/^It holds before contract begins/);
  });

  it('is a refusal where nothing holds it', () => {
    expect(() => holdOf({ ...at(...retired), noWayBack: 'contract has begun' })).toThrow(/contract has begun/);
    expect(() => holdOf({ ...at(...retired), goingBack: true })).toThrow(/on its way back, which is never held/);
    expect(() => holdOf(at(...retired, 'contract'))).toThrow(/contract is on/);
    expect(() => holdOf({ ...at(...retired, 'contract'), gate: waitsAtContract })).toThrow(/waits at contract/);
  });
});

describe('what answers a gate', () => {
  it('is told as commands that run as they are', () => {
    expect(answerCommands(at(), { name: 'canary 25 %', reason: 'x', answers: ['approve', 'retry', 'abort'] })).toEqual([
      'sluice approve production/shop/2 --gate "canary 25 %"',
      'sluice retry production/shop/2 --gate "canary 25 %"',
      'sluice abort production/shop/2 --reason "why"',
    ]);
    expect(answerCommands(at(), waitsAtContract)[1]).toBe(
      'sluice skip production/shop/2 --gate contract --reason "why"',
    );
  });

  it('is said to hold until the release is resumed, where a pause holds it', () => {
    const paused = { actor: 'ann', reason: 'lunch' };
    const held = { ...at(...shifted), paused };
    expect(heldBy(held, held)).toEqual(['It is paused by ann: it holds until `sluice resume production/shop/2`.']);
    expect(heldBy(held, at(...shifted))).toEqual([]);
    expect(heldBy(held, { ...held, goingBack: true })).toEqual([]);
    expect(heldBy(held, { ...held, gate: waitsAtContract })).toEqual([]);
  });
});
