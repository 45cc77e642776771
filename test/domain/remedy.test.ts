import { describe, expect, it } from 'vitest';
import { failureCodes, failures } from '../../domain/failure.js';
import type { GateAnswer } from '../../domain/release-state.js';
import { endedRemedy, parkedRemedy } from '../../domain/remedy.js';

/** Every gate a failure parks at, with what it takes. */
const gates: readonly { readonly name: string; readonly answers: readonly GateAnswer[] }[] = [
  { name: 'shift/5', answers: ['retry', 'abort'] },
  { name: 'await retired', answers: ['retry', 'skip', 'abort'] },
  { name: 'prove old version gone', answers: ['retry', 'abort'] },
  { name: 'contract', answers: ['retry', 'skip', 'abort'] },
  { name: 'contract', answers: ['retry', 'skip'] },
  { name: 'begin way back', answers: ['retry'] },
  { name: 'undo/expand', answers: ['retry', 'skip'] },
];

describe('what to do about a failure that a release is parked on', () => {
  it.each(gates)('names just what $name takes: $answers', (gate) => {
    for (const code of [...failureCodes, 'internal'] as const) {
      const text = parkedRemedy(code, gate);
      const named = [...text.matchAll(/`(\w+)`/g)].map(([, answer]) => answer);
      expect(named, code).toEqual(gate.answers);
      const unnamed = text.replaceAll(/`\w+` [^.]*\./g, '');
      expect(unnamed, code).not.toMatch(/retry|skip|abort|new version|by itself when|Nothing/);
    }
  });

  it('tells who watches a drifted rule that it must stand as it was, or `retry` finds it drifted again', () => {
    expect(parkedRemedy('traffic-drift', gates[0]!)).toMatch(/see that they stop, and put it back\. `retry`/);
  });

  it('says at contract which way each answer goes', () => {
    const [, , , contract] = gates;
    expect(parkedRemedy('migration-failed', contract!)).toBe(
      'Bring the database into a state in which the statement named runs: the files of the release are frozen. ' +
        '`retry` runs what is left of contract, the same files, again. ' +
        '`skip` takes your word that contract was run by hand, and goes on; the release ends needs-operator, since nobody has proven it. ' +
        '`abort` goes back if no statement of contract has run, and finishes contract otherwise.',
    );
    expect(parkedRemedy('fenced', contract!)).toMatch(/^A later attempt .* takes a generation of its own\. `retry`/);
  });
});

describe('what is tried again by itself', () => {
  it('says when, and what to mend until then', () => {
    const gate = { name: 'undo/shift/5', answers: ['retry', 'skip'] } as const;
    expect(parkedRemedy('ledger-unreachable', gate, 120_000)).toMatch(
      /^Mend the cause\. It is tried again by itself in 2 min\. `retry` tries undo\/shift\/5 again\. `skip` /,
    );
  });
});

describe('what to do about what a release has ended with', () => {
  it('is nothing that only a running one takes, and never to wait', () => {
    for (const code of failureCodes) {
      for (const outcome of ['rolled-back', 'needs-operator', 'refused'] as const) {
        expect(endedRemedy(code, outcome), code).not.toMatch(/retr(y|ied)|abort |Nothing while|goes on by itself/);
      }
    }
  });

  it('is a new version, but for one that was refused: that may come again as it is', () => {
    expect(endedRemedy('traffic-drift', 'rolled-back')).toMatch(/Then release again, under a new version\.$/);
    expect(endedRemedy('database-unreachable', 'refused')).toMatch(/Then submit it again\.$/);
    expect(endedRemedy('verdict-failed', 'rolled-back')).toBe(failures['verdict-failed'].remedy);
  });
});
