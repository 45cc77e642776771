import { describe, expect, it } from 'vitest';
import { describeChange } from '../../domain/change-text.js';
import type { Change } from '../../domain/effect.js';
import type { PastRelease, TimedEffect } from '../../domain/history.js';
import { logOf } from '../../domain/log.js';
import type { Plan } from '../../domain/plan.js';

const release: PastRelease = {
  version: '2',
  state: 'ended',
  outcome: 'rolled-back',
  failure: { code: 'aborted', message: 'ann: no' },
  actor: 'ci',
  submittedAt: 1,
  startedAt: 2,
  endedAt: 90,
};

const plan = { live: 'blue', idle: 'green' } as Plan;

const service = (desiredCount: number): Change => ({
  kind: 'service',
  cluster: 'shop',
  service: 'shop-green',
  state: { taskDefinitionArn: 'arn:aws:ecs:eu-central-1:1:task-definition/shop:7', desiredCount },
});
const effect = (times: Partial<TimedEffect>): TimedEffect => ({
  name: 'deploy',
  sequence: 1,
  generation: 1,
  status: 'intent',
  before: service(0),
  change: service(2),
  intendedAt: 11,
  ...times,
});

describe('the log of a release', () => {
  it('tells steps, effects, decisions and the end in the order of time, of its own run and of its recovery', () => {
    const own = {
      steps: [{ name: 'deploy', startedAt: 10, endedAt: 20, note: '2 tasks' }],
      decisions: [{ at: 30, actor: 'ann', text: 'pause: lunch' }],
    };
    const recovery = {
      steps: [{ name: 'undo/deploy', startedAt: 40 }],
      decisions: [{ at: 39, actor: 'sluice', text: 'go back' }],
    };
    const effects = [
      effect({ status: 'done', settledAt: 15 }),
      effect({ name: 'undo/deploy', status: 'skipped', note: 'ann: by hand', intendedAt: 41, settledAt: 50 }),
    ];
    expect(logOf({ release, plan, effects }, [recovery, own])).toEqual([
      { at: 1, kind: 'submitted', actor: 'ci' },
      { at: 2, kind: 'admitted', live: 'blue', idle: 'green' },
      { at: 10, kind: 'step', name: 'deploy' },
      { at: 11, kind: 'effect', name: 'deploy', generation: 1, before: service(0), change: service(2) },
      { at: 15, kind: 'effect-ended', name: 'deploy', outcome: 'done', tookMs: 4 },
      { at: 20, kind: 'step-ended', name: 'deploy', tookMs: 10, note: '2 tasks' },
      { at: 30, kind: 'decision', actor: 'ann', text: 'pause: lunch' },
      { at: 39, kind: 'decision', actor: 'sluice', text: 'go back' },
      { at: 40, kind: 'step', name: 'undo/deploy' },
      expect.objectContaining({ at: 41, kind: 'effect', name: 'undo/deploy' }),
      { at: 50, kind: 'effect-ended', name: 'undo/deploy', outcome: 'skipped', tookMs: 9, note: 'ann: by hand' },
      { at: 90, kind: 'ended', outcome: 'rolled-back', failure: { code: 'aborted', message: 'ann: no' } },
    ]);
  });

  it('does not say that an intent was done, nor that a release which waits was admitted', () => {
    const waiting: PastRelease = { version: '2', state: 'queued', actor: 'ci', submittedAt: 1 };
    expect(logOf({ release: waiting, effects: [] }, [])).toEqual([{ at: 1, kind: 'submitted', actor: 'ci' }]);
    expect(logOf({ release: waiting, effects: [effect({})] }, []).map(({ kind }) => kind)).toEqual([
      'submitted',
      'effect',
    ]);
  });
});

describe('a change in words', () => {
  const arn = { ruleArn: 'arn:rule', targetGroups: { blue: 'b', green: 'g' }, minHealthy: { blue: 0, green: 0 } };
  const traffic = (blue: number): Change => ({
    kind: 'traffic',
    rule: 'production',
    state: { blue, green: 100 - blue },
    ...arn,
  });
  const schema = (state: readonly string[]): Change => ({ kind: 'schema', phase: 'expand', state });

  it.each([
    [service(0), service(2), 'service shop/shop-green: 0 tasks of shop:7 → 2 tasks of shop:7'],
    [{ ...service(0), state: null } as Change, service(0), 'service shop/shop-green: none → 0 tasks of shop:7'],
    [traffic(100), traffic(80), 'production rule: blue 100, green 0 → blue 80, green 20'],
    [schema([]), schema(['2.1', '2.2']), 'schema: nothing applied → V2.1, V2.2'],
  ])('says what it was and what it was to become', (before, change, text) => {
    expect(describeChange(before, change)).toBe(text);
  });
});
