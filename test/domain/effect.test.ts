import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type Change, type EffectRecord, contractOf, hasBegun, planUndo, resourceOf } from '../../domain/effect.js';
import { weightsFor } from '../../domain/traffic.js';

const targetGroups = { blue: 'tg-blue', green: 'tg-green' };
const minHealthy = { blue: 1, green: 1 };

function traffic(percent: number): Change {
  return {
    kind: 'traffic',
    rule: 'production',
    ruleArn: 'rule',
    targetGroups,
    state: weightsFor('green', percent),
    minHealthy,
  };
}

function service(name: string, desiredCount: number): Change {
  return { kind: 'service', cluster: 'shop', service: name, state: { taskDefinitionArn: 'shop:1', desiredCount } };
}

function schema(phase: 'expand' | 'backfill' | 'contract', state: readonly string[]): Change {
  return { kind: 'schema', phase, state };
}

let sequence = 0;
function record(name: string, before: Change, change: Change, status: EffectRecord['status'] = 'done'): EffectRecord {
  return { name, sequence: ++sequence, generation: 1, status, before, change };
}

describe('the way back', () => {
  it('takes traffic that was shifted in steps back in one change, to the weights before the first step', () => {
    const effects = [
      record('shift/5', traffic(0), traffic(5)),
      record('shift/25', traffic(5), traffic(25)),
      record('cut-over', traffic(25), traffic(100)),
    ];
    expect(planUndo(effects)).toEqual([{ name: 'undo/cut-over', change: traffic(0), progress: { kind: 'open' } }]);
  });

  it('goes newest first: traffic leaves a colour before its tasks do, and the schema goes last', () => {
    const effects = [
      record('expand', schema('expand', []), schema('expand', ['2.1'])),
      record('deploy', service('green', 0), service('green', 2)),
      record('shift/5', traffic(0), traffic(5)),
    ];
    expect(planUndo(effects).map(({ name }) => name)).toEqual(['undo/shift/5', 'undo/deploy', 'undo/expand']);
  });

  it('brings the old colour back to size before it gets traffic again', () => {
    const effects = [
      record('cut-over', traffic(0), traffic(100)),
      record('retire', service('blue', 2), service('blue', 0)),
    ];
    expect(planUndo(effects)).toMatchObject([
      { name: 'undo/retire', change: service('blue', 2) },
      { name: 'undo/cut-over', change: traffic(0) },
    ]);
  });

  it('undoes an intent without outcome: it may have taken effect', () => {
    expect(planUndo([record('shift/5', traffic(0), traffic(5), 'intent')])).toHaveLength(1);
  });

  it('remembers what an earlier way back has done, skipped and only begun', () => {
    const shift = record('shift/5', traffic(0), traffic(5));
    const undo = (status: EffectRecord['status']) => ({
      ...record('undo/shift/5', traffic(5), traffic(0), status),
      note: 'ann: by hand',
    });
    const progress = (status: EffectRecord['status']) => planUndo([shift, undo(status)])[0]?.progress;
    expect(progress('done')).toEqual({ kind: 'done' });
    expect(progress('skipped')).toEqual({ kind: 'skipped', note: 'ann: by hand' });
    expect(progress('intent')).toEqual({ kind: 'open' });
  });

  it('does not take a backfill back: what it filled goes with the columns of expand', () => {
    const effects = [
      record('expand', schema('expand', []), schema('expand', ['2.1'])),
      record('backfill', schema('backfill', []), schema('backfill', ['2.2'])),
    ];
    expect(planUndo(effects).map(({ name }) => name)).toEqual(['undo/expand']);
  });

  it('gives rights back first of all, also those that somebody had taken away before', () => {
    const closed = { kind: 'rights', state: 'closed' } as const;
    const effects = [
      record('retire', service('blue', 2), service('blue', 0)),
      record('soft-contract', closed, closed, 'intent'),
      record('contract', schema('contract', []), schema('contract', ['2.3']), 'intent'),
    ];
    expect(planUndo(effects)).toMatchObject([
      { name: 'undo/soft-contract', change: { kind: 'rights', state: 'open' } },
      { name: 'undo/retire' },
    ]);
  });

  it('names every resource once and restores what its first effect found, whatever the order of effects', () => {
    const step = fc.record({ resource: fc.constantFrom('blue', 'green', 'red'), size: fc.nat(9) });
    fc.assert(
      fc.property(fc.array(step, { maxLength: 12 }), (steps) => {
        const sizes = new Map<string, number>();
        const effects = steps.map(({ resource, size }, i) => {
          const before = service(resource, sizes.get(resource) ?? 99);
          sizes.set(resource, size);
          return record(`step/${i}`, before, service(resource, size));
        });
        const undos = planUndo(effects);
        expect(undos.map(({ change }) => resourceOf(change)).sort()).toEqual(
          [...sizes.keys()].map((name) => `service shop/${name}`).sort(),
        );
        for (const { change } of undos) expect(change).toMatchObject({ state: { desiredCount: 99 } });
      }),
    );
  });
});

describe('the point of no return', () => {
  it('is passed with the intent of contract, not with its outcome', () => {
    const before = [record('retire', service('blue', 2), service('blue', 0))];
    const contract = record('contract', schema('contract', []), schema('contract', ['2.3']), 'intent');
    expect(contractOf(before)).toBeUndefined();
    expect(contractOf([...before, contract])).toBe(contract);
  });

  it('does not count what contract files of earlier releases have done', () => {
    const contract = record('contract', schema('contract', ['1.3']), schema('contract', ['1.3', '2.3']), 'intent');
    expect(hasBegun(contract, ['1.3'])).toBe(false);
    expect(hasBegun(contract, ['1.3', '2.3'])).toBe(true);
  });
});
