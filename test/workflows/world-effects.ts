import type { Change, EffectRecord } from '../../domain/effect.js';
import { ReleaseError } from '../../domain/failure.js';
import type { MigrationPhase } from '../../domain/migration.js';
import { weightsFor } from '../../domain/traffic.js';
import { type World, findBooked } from './world.js';

export interface WorldEffect {
  readonly version: string;
  readonly generation: number;
  readonly name: string;
  readonly change: Change;
  readonly before: Change;
}

/** An effect as the real ones are: intent with pre-state, fence, act (here the script has its say), outcome. */
export async function applyToWorld(world: World, effect: WorldEffect): Promise<void> {
  const { effects } = findBooked(world, effect.version);
  const known = effects.find(({ name }) => name === effect.name);
  if (known?.status === 'done') return;
  if (known === undefined) effects.push({ ...effect, sequence: effects.length + 1, status: 'intent' });
  await world.play(effect.name);
  if (effect.generation !== world.generation) {
    throw new ReleaseError('fenced', `generation ${effect.generation} is over, ${world.generation} is on`);
  }
  if (effect.change.kind === 'schema' && effect.generation < world.databaseGeneration) {
    throw new ReleaseError('fenced', `the database has seen generation ${world.databaseGeneration}`);
  }
  if (effect.change.kind === 'traffic' && effect.change.rule === 'production') world.weights = effect.change.state;
  settle(world, effect.version, effect.name, { status: 'done' });
}

export function settle(
  world: World,
  version: string,
  name: string,
  outcome: Pick<EffectRecord, 'status' | 'note'>,
): void {
  const { effects } = findBooked(world, version);
  const at = effects.findIndex((effect) => effect.name === name);
  const found = effects[at];
  if (found !== undefined) effects[at] = { ...found, ...outcome };
}

type BeforeAndAfter = Pick<WorldEffect, 'before' | 'change'>;

export function testRulePointed(): BeforeAndAfter {
  const rule = { kind: 'traffic', rule: 'test', ruleArn: 'test-rule', targetGroups, minHealthy: noneHealthy } as const;
  return {
    before: { ...rule, state: weightsFor('blue', 100) },
    change: { ...rule, state: weightsFor('green', 100) },
  };
}

export function schemaMigrated(phase: MigrationPhase): BeforeAndAfter {
  return { before: { kind: 'schema', phase, state: [] }, change: { kind: 'schema', phase, state: ['2'] } };
}

export const rightsTaken: BeforeAndAfter = {
  before: { kind: 'rights', state: 'open' },
  change: { kind: 'rights', state: 'closed' },
};

export function serviceResized(service: string, from: number, to: number): BeforeAndAfter {
  const resized = (desiredCount: number): Change => ({
    kind: 'service',
    cluster: 'shop',
    service,
    state: { taskDefinitionArn: `${service}:1`, desiredCount },
  });
  return { before: resized(from), change: resized(to) };
}

export function trafficShifted(world: World, percent: number): BeforeAndAfter {
  const rule = {
    kind: 'traffic',
    rule: 'production',
    ruleArn: 'rule',
    targetGroups,
    minHealthy: noneHealthy,
  } as const;
  return { before: { ...rule, state: world.weights }, change: { ...rule, state: weightsFor('green', percent) } };
}

const targetGroups = { blue: 'tg-blue', green: 'tg-green' };
const noneHealthy = { blue: 0, green: 0 };
