import { stripVTControlCharacters } from 'node:util';
import { describe, expect, it, vi } from 'vitest';
import { overviewText } from '../../client/overview-text.js';
import { recordedText, statusText } from '../../client/render.js';
import type { ReleaseStatus } from '../../domain/release-state.js';

const waiting: ReleaseStatus = {
  lane: { environment: 'production', service: 'shop' },
  version: '2',
  phase: 'needs-operator',
  step: 'await retired',
  gate: { name: 'begin contract', reason: 'contract has no way back', answers: ['approve', 'abort'] },
  lastVerdict: { kind: 'pass', reason: 'errors: none' },
  steps: [],
  decisions: [],
};

it('shows right below what a release waits for how to answer it', () => {
  const lines = statusText(waiting).split('\n');
  const waits = lines.findIndex((line) => line.includes('contract has no way back'));
  expect(lines.slice(waits + 1, waits + 3).map((line) => line.trim())).toEqual([
    'sluice approve production/shop/2 --gate "begin contract"',
    'sluice abort production/shop/2 --reason "why"',
  ]);
});

it('keeps its columns where it is painted', async () => {
  vi.stubEnv('NO_COLOR', '').stubEnv('FORCE_COLOR', '1').resetModules();
  const painted = (await import('../../client/render.js')).statusText(waiting);
  vi.unstubAllEnvs();
  expect(painted).toContain('\u001b[33mwaits');
  expect(stripVTControlCharacters(painted)).toBe(stripVTControlCharacters(statusText(waiting)));
});

it('calls live what has the traffic once a release has ended, and what it was planned from before', () => {
  const release = { lane: { environment: 'production', service: 'shop' }, version: '2' };
  const status: ReleaseStatus = {
    ...release,
    phase: 'ended',
    step: 'released',
    live: 'blue',
    idle: 'green',
    weights: { blue: 0, green: 100 },
    steps: [],
    decisions: [],
  };
  expect(statusText(status)).toContain('live     blue, idle green');
  expect(statusText({ ...status, result: { ...release, outcome: 'released' } })).toContain('live     green, idle blue');
});

it('says who asked for it, where that is known', () => {
  expect(statusText({ ...waiting, submittedBy: 'ci' })).toMatch(/^ {2}asked by ci$/m);
  expect(statusText(waiting)).not.toContain('asked by');
});

describe('a release whose rule somebody has changed, with and without a worker', () => {
  const weights = { blue: 90, green: 10 };
  const reason = 'traffic-drift: expected blue 90, green 10, found blue 70, green 30. See who';
  const memo = { weights: 'blue 90, green 10', waitsFor: `canary 10 %: ${reason}`, paused: 'ann: lunch' };
  const told = (status: ReleaseStatus, phase: string, recorded: Readonly<Record<string, unknown>>) => {
    const found = { startedAt: 0, searchAttributes: { SluicePhase: phase }, memo: recorded };
    const release = { version: '2', state: 'running', recorded: found } as const;
    const lane = { environment: 'production', service: 'shop', releases: [release], queued: [] };
    return [statusText(status), recordedText(found), overviewText({ lanes: [lane], more: false })];
  };

  it('has the traffic that sluice left', () => {
    const gate = { name: 'canary 10 %', reason, answers: ['retry', 'abort'] } as const;
    for (const text of told({ ...waiting, weights, gate }, 'needs-operator', memo)) {
      expect(text).toMatch(/blue 90, green 10 \(as sluice left it\)/);
    }
    for (const text of told({ ...waiting, weights }, 'needs-operator', { ...memo, waitsFor: undefined })) {
      expect(text).toContain('blue 90, green 10');
      expect(text).not.toContain('as sluice left it');
    }
  });

  it('is paused, until it goes back', () => {
    const paused = { actor: 'ann', reason: 'lunch' };
    for (const text of told({ ...waiting, paused }, 'canary', memo)) expect(text).toMatch(/paused +by ann: lunch/);
    const back = told({ ...waiting, paused, goingBack: true }, 'roll-back', memo);
    for (const text of back) expect(text).not.toContain('lunch');
  });
});
