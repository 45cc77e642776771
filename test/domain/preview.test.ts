import { describe, expect, it } from 'vitest';
import type { ReleaseRecord, TimedEffect } from '../../domain/history.js';
import type { DatabasePlan, Plan } from '../../domain/plan.js';
import { previewDuration, previewSteps } from '../../domain/preview.js';

const stepNames = [
  'provision',
  'expand',
  'deploy',
  'smoke',
  'canary 5 %',
  'cut-over',
  'keep-warm',
  'retire',
  'contract',
];
const database: DatabasePlan = {
  expand: true,
  backfill: false,
  contract: true,
  contractApproval: 'automatic',
  quietWindowMs: 300,
};
const plan = {
  live: 'green',
  idle: 'blue',
  canary: { steps: [{ weight: 5, bakeMs: 1_000 }], metricsLagMs: 200 },
  warmWindowMs: 500,
  database,
  steps: stepNames.map((name) => ({ name, detail: '' })),
} as unknown as Plan;

const effect = (name: string, intendedAt: number, settledAt: number): TimedEffect =>
  ({ name, status: 'done', intendedAt, settledAt }) as TimedEffect;

/** A release whose every step took `ms`, whatever it waited. */
function record(ms: number): ReleaseRecord {
  return {
    release: { version: '1', state: 'ended', actor: 'ci', submittedAt: 0, startedAt: 0, endedAt: 90_000 },
    plan,
    effects: [
      effect('provision/revision', 0, 1),
      effect('provision/service', 2, ms),
      effect('expand', 1_000, 1_000 + ms),
      effect('deploy', 2_000, 2_000 + ms),
      effect('shift/5', 2_000 + ms + ms, 2_000 + ms + ms + ms),
      effect('cut-over', 50_000, 50_000 + ms),
      effect('retire', 60_000, 60_001),
      effect('contract', 60_000 + ms + database.quietWindowMs, 60_000 + ms + database.quietWindowMs + ms),
    ],
  };
}

const steps = (change: Partial<Plan> = {}, earlier: readonly ReleaseRecord[] = []) =>
  previewSteps({ ...plan, ...change }, earlier);

describe('a step of a preview', () => {
  it('has the weights it sets, and no others', () => {
    const weights = steps().flatMap(({ name, weights }) => (weights === undefined ? [] : [[name, weights]]));
    expect(weights).toEqual([
      ['canary 5 %', { blue: 5, green: 95 }],
      ['cut-over', { blue: 100, green: 0 }],
    ]);
  });

  it('waits for bakes, late metrics, the warm and the quiet window', () => {
    const waits = steps().flatMap(({ name, waitMs }) => (waitMs === 0 ? [] : [[name, waitMs]]));
    expect(waits).toEqual([
      ['canary 5 %', 1_200],
      ['keep-warm', 500],
      ['contract', 300],
    ]);
  });

  it('takes as long as in the median of earlier releases, waits left out', () => {
    const known = steps({}, [record(90), record(70), record(1_000)]).map(({ name, workMs }) => [name, workMs]);
    expect(known).toEqual(stepNames.map((name) => [name, name === 'keep-warm' ? 0 : 90]));
  });

  it('says nothing about what no earlier release did, nor about a retirement with a person in it', () => {
    const asked = { ...plan, database: { ...database, contractApproval: 'required' as const } };
    const unknown = (earlier: ReleaseRecord) =>
      steps({}, [earlier]).flatMap(({ name, workMs }) => (workMs === undefined ? [name] : []));
    const without = (name: string) => record(90).effects.filter((it) => it.name !== name);
    expect(unknown({ ...record(90), effects: without('expand') })).toEqual(['expand']);
    expect(unknown({ ...record(90), effects: without('deploy') })).toEqual(['deploy', 'smoke']);
    expect(unknown({ ...record(90), plan: asked })).toEqual(['retire']);
  });
});

describe('the way back of a step', () => {
  const wayBacks = (change: Partial<Plan> = {}) =>
    Object.fromEntries(steps(change).map(({ name, wayBack }) => [name, wayBack]));

  it('is whole until the old colour is retired, slower then, and gone with contract', () => {
    const undos = Object.entries(wayBacks()).map(([name, { undo }]) => [name, undo]);
    expect(undos.slice(0, -2).every(([, undo]) => undo === 'everything')).toBe(true);
    expect(undos.slice(-2)).toEqual([
      ['retire', 'restart'],
      ['contract', 'nothing'],
    ]);
  });

  it('takes the schema along only where it was expanded', () => {
    expect(wayBacks()['deploy']?.detail).toContain('schema goes back');
    expect(wayBacks({ database: { ...database, expand: false } })['deploy']?.detail).not.toContain('schema');
  });

  it('has undo files only where there are some: operations go back by themselves', () => {
    const details = (change: Partial<Plan>) => Object.values(wayBacks(change)).map(({ detail }) => detail);
    expect(details({}).filter((detail) => detail.includes('by its undo files'))).not.toEqual([]);
    const ofOperations = details({ database: { ...database, operations: true } });
    expect(ofOperations.join()).not.toContain('undo files');
    expect(ofOperations).toContain(
      'green keeps all traffic, then the schema goes back by its operations, newest first',
    );
  });
});

describe('the duration of a preview', () => {
  const durationOf = (change: Partial<Plan>, earlier: readonly ReleaseRecord[]) =>
    previewDuration({ ...plan, ...change }, steps(change, earlier), earlier);

  it('is the waits alone, at least, as long as nothing was released', () => {
    expect(durationOf({}, [])).toEqual({ expectedMs: 2_000, atLeast: true, earlierReleases: 0 });
  });

  it('counts the work when all of it is known, and then is no lower bound any more', () => {
    const expectedMs = 2_000 + 8 * 90;
    expect(durationOf({}, [record(90)])).toEqual({ expectedMs, atLeast: false, earlierReleases: 1 });
  });

  it('is a lower bound when a person has to approve', () => {
    const asked = { database: { ...database, contractApproval: 'required' as const } };
    expect(durationOf(asked, [record(90)])).toMatchObject({ atLeast: true });
  });
});
