import { expect, it } from 'vitest';
import { statusText } from '../../client/render.js';
import type { ReleaseStatus } from '../../domain/release-state.js';

it('shows right below what a release waits for how to answer it', () => {
  const status: ReleaseStatus = {
    lane: { environment: 'production', service: 'shop' },
    version: '2',
    phase: 'needs-operator',
    step: 'await retired',
    gate: { name: 'begin contract', reason: 'contract has no way back', answers: ['approve', 'abort'] },
    lastVerdict: { kind: 'pass', reason: 'errors: none' } as ReleaseStatus['lastVerdict'] & object,
    steps: [],
    decisions: [],
  };
  const lines = statusText(status).split('\n');
  const waits = lines.findIndex((line) => line.includes('contract has no way back'));
  expect(lines.slice(waits + 1, waits + 3).map((line) => line.trim())).toEqual([
    'sluice approve production/shop/2 --gate "begin contract"',
    'sluice abort production/shop/2 --reason "why"',
  ]);
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
