import { expect, it } from 'vitest';
import { expectGate } from '../../client/control.js';
import type { Gate, ReleaseStatus } from '../../domain/release-state.js';

const run = { workflowId: 'release/production/shop/2', runId: '1' };
const gate: Gate = { name: 'undo/deploy', reason: 'AWS refuses', answers: ['retry', 'skip'] };
const release = { lane: { environment: 'production', service: 'shop' }, version: '2' };
const waiting = { ...run, status: { ...release, phase: 'needs-operator', gate } as ReleaseStatus };

it('takes what waits now for what is meant, unless another one was named', () => {
  expect(expectGate(waiting, 'retry')).toBe('undo/deploy');
  expect(expectGate(waiting, 'skip', 'undo/deploy')).toBe('undo/deploy');
  expect(() => expectGate(waiting, 'skip', 'contract')).toThrow('undo/deploy waits, and not contract: AWS refuses');
  expect(() => expectGate(waiting, 'approve')).toThrow('undo/deploy does not take approve');
});

it.each(['approve', 'retry', 'skip'] as const)('without a worker wants %s to name what it answers', (answer) => {
  expect(() => expectGate(run, answer)).toThrow(/^no worker says what the release waits for$/);
  expect(() => expectGate({ ...run, waitedFor: 'contract: database-locked' }, answer)).toThrow(
    /; the last it wrote down is contract: database-locked$/,
  );
  expect(expectGate(run, answer, 'contract')).toBe('contract');
});
