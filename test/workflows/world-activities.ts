import type { Client } from '@temporalio/client';
import type { ReleaseActivities, UndoActivities } from '../../activities/index.js';
import type { Ledger, RegisteredRelease } from '../../activities/ledger/ledger.js';
import { createSupervisionActivities } from '../../activities/supervision.js';
import type { Undo } from '../../domain/effect.js';
import { ReleaseError } from '../../domain/failure.js';
import { type Lane, releaseId, releaseWorkflowId } from '../../domain/lane.js';
import type { ReleaseResult } from '../../domain/release-state.js';
import { type Weights, describeWeights, sameWeights } from '../../domain/traffic.js';
import { retuned } from '../../domain/tuning.js';
import { planFor } from './plan.js';
import { type BookedRelease, type World, beginWayBack, findBooked } from './world.js';
import {
  applyToWorld,
  rightsTaken,
  schemaMigrated,
  serviceResized,
  settle,
  testRulePointed,
  trafficShifted,
} from './world-effects.js';

/** The activities of both task queues on worlds in memory, each on the world of its lane. */
export function createWorldActivities(parts: {
  readonly worlds: ReadonlyMap<string, World>;
  readonly client: Client;
}): { readonly release: ReleaseActivities; readonly undo: UndoActivities } {
  const worldOf = ({ service }: Lane): World => {
    const world = parts.worlds.get(service);
    if (world === undefined) throw new ReleaseError('release-unknown', `nobody made a world for ${service}`);
    return world;
  };
  const openReleases = async (): Promise<readonly RegisteredRelease[]> => [...parts.worlds.values()].flatMap(openOf);
  const supervision = createSupervisionActivities({ client: parts.client, ledger: { openReleases } as Ledger });
  const endRelease = async (result: ReleaseResult) => {
    const world = worldOf(result.lane);
    await world.play('endRelease');
    const booked = findBooked(world, result.version);
    booked.state = 'ended';
    booked.results.push(result);
  };
  return {
    release: {
      ...supervision,
      endRelease,
      ...admission(worldOf),
      ...effects(worldOf),
      ...readers(worldOf),
    },
    undo: { endRelease, ...wayBack(worldOf) },
  };
}

type WorldOf = (lane: Lane) => World;

function admission(
  worldOf: WorldOf,
): Pick<ReleaseActivities, 'registerRelease' | 'withdrawRelease' | 'openReleases' | 'admit'> {
  return {
    async registerRelease({ lane, manifest }) {
      const world = worldOf(lane);
      await world.play('registerRelease');
      const { version, hash = version } = manifest as { readonly version: string; readonly hash?: string };
      const known = world.releases.find((release) => release.version === version);
      if (known !== undefined && known.manifestHash !== hash) {
        throw new ReleaseError('release-changed', `admitted with ${known.manifestHash}, found ${hash}`);
      }
      const booked = known ?? world.book(version);
      return {
        ...toRegistered(booked, known !== undefined),
        releaseId: releaseId(lane.service, version),
        workflowId: releaseWorkflowId(lane, version),
      };
    },

    async withdrawRelease({ release: { lane, version }, failure }) {
      const world = worldOf(lane);
      await world.play('withdrawRelease');
      const booked = findBooked(world, version);
      if (booked.state !== 'queued') return false;
      booked.state = 'ended';
      booked.results.push({ lane, version, outcome: 'refused', failure });
      return true;
    },

    async openReleases(lane) {
      const world = worldOf(lane);
      await world.play('openReleases');
      return openOf(world);
    },

    async admit({ lane, version }) {
      const world = worldOf(lane);
      await world.play('admit');
      findBooked(world, version).state = 'running';
      const plan = planFor({ lane, version }, world.plan);
      return { plan, generation: ++world.generation, weights: world.weights };
    },
  };
}

function openOf(world: World): readonly RegisteredRelease[] {
  return world.releases.filter(({ state }) => state !== 'ended').map((booked) => toRegistered(booked, true));
}

function toRegistered(
  { lane, version, manifestHash, state, results }: BookedRelease,
  attached: boolean,
): RegisteredRelease {
  const outcome = results.at(-1)?.outcome;
  return { lane, version, manifestHash, actor: 'ci', state, attached, ...(outcome === undefined ? {} : { outcome }) };
}

function effects(
  worldOf: WorldOf,
): Pick<
  ReleaseActivities,
  'provision' | 'migrate' | 'tune' | 'closeOld' | 'countReopened' | 'deploy' | 'shift' | 'retire'
> {
  return {
    async provision({ release: { lane, version }, generation }) {
      const world = worldOf(lane);
      const order = { version, generation };
      await applyToWorld(world, { ...order, name: 'provision/test-rule', ...testRulePointed() });
      await applyToWorld(world, { ...order, name: 'provision', ...serviceResized('green', 0, 0) });
      return 'shop:2';
    },
    async migrate({ release: { lane, version }, generation, phase }) {
      await applyToWorld(worldOf(lane), { version, generation, name: phase, ...schemaMigrated(phase) });
    },
    async closeOld({ release: { lane, version }, generation }) {
      await applyToWorld(worldOf(lane), { version, generation, name: 'soft-contract', ...rightsTaken });
      worldOf(lane).reopened = 0;
      return 'keeps out shop';
    },
    async countReopened({ lane }) {
      const world = worldOf(lane);
      await world.play('countReopened');
      return world.reopened;
    },
    async tune({ release: { lane }, order }) {
      const world = worldOf(lane);
      await world.play('tune');
      const was = world.tuning;
      if (was === undefined) return [];
      world.tuning = retuned(was, order);
      return [{ file: 'backfill/V2__fill.sql', was, now: world.tuning }];
    },
    async deploy({ release: { lane, version }, generation }) {
      await applyToWorld(worldOf(lane), { version, generation, name: 'deploy', ...serviceResized('green', 0, 2) });
    },
    async shift({ release: { lane, version }, generation, name, percent, believed }) {
      const world = worldOf(lane);
      refuseDrift(world, believed);
      await applyToWorld(world, { version, generation, name, ...trafficShifted(world, percent) });
      return world.weights;
    },
    async retire({ release: { lane, version }, generation }) {
      await applyToWorld(worldOf(lane), { version, generation, name: 'retire', ...serviceResized('blue', 2, 0) });
    },
  };
}

function refuseDrift({ weights }: World, believed: Weights): void {
  if (sameWeights(believed, weights)) return;
  const found = `expected ${describeWeights(believed)}, found ${describeWeights(weights)}`;
  throw new ReleaseError('traffic-drift', found);
}

function readers(
  worldOf: WorldOf,
): Pick<
  ReleaseActivities,
  'awaitRollout' | 'smoke' | 'watchRule' | 'measure' | 'awaitNoRequests' | 'awaitRetired' | 'awaitContractEvidence'
> {
  return {
    awaitRollout: ({ release }) => worldOf(release.lane).play('awaitRollout'),
    awaitNoRequests: ({ release }) => worldOf(release.lane).play('awaitNoRequests'),
    awaitRetired: ({ release }) => worldOf(release.lane).play('awaitRetired'),
    async smoke({ lane }) {
      await worldOf(lane).play('smoke');
      return '1 path answered: /';
    },
    /** Looks once, and does not wait: the timer of the bake does. */
    async watchRule({ release, believed }) {
      const world = worldOf(release.lane);
      await world.play('watchRule');
      refuseDrift(world, believed);
    },
    async measure({ release }) {
      const world = worldOf(release.lane);
      await world.play('measure');
      const [next, ...later] = world.measurements;
      if (next === undefined) return { kind: 'unmeasurable', reason: 'the case has no measurements' };
      if (later.length > 0) world.measurements = later;
      return next();
    },
    async awaitContractEvidence({ release, old }) {
      await worldOf(release.lane).play('awaitContractEvidence');
      return `${old} had no weight, no tasks and no session`;
    },
  };
}

function wayBack(worldOf: WorldOf): Omit<UndoActivities, 'endRelease'> {
  const intend = (world: World, version: string, generation: number, { name, change }: Undo) =>
    ({ world, order: { version, generation, name, change, before: change } }) as const;
  return {
    async beginWayBack({ lane, version }, fencedBy) {
      const world = worldOf(lane);
      await world.play('beginWayBack');
      return beginWayBack(world, version, fencedBy);
    },
    async undo({ release: { lane, version }, generation, undo }) {
      const { world, order } = intend(worldOf(lane), version, generation, undo);
      await applyToWorld(world, order);
    },
    async skipUndo({ release: { lane, version }, generation, undo, note }) {
      const { world, order } = intend(worldOf(lane), version, generation, undo);
      await world.play(`skip ${undo.name}`);
      const { effects } = findBooked(world, version);
      if (!effects.some(({ name }) => name === order.name)) {
        effects.push({ ...order, sequence: effects.length + 1, status: 'intent' });
      }
      settle(world, version, undo.name, { status: 'skipped', note });
    },
    async skipContract({ release: { lane, version }, note }) {
      const world = worldOf(lane);
      await world.play('skip contract');
      settle(world, version, 'contract', { status: 'skipped', note });
    },
    async skipSoftContract({ release: { lane, version }, note }) {
      const world = worldOf(lane);
      await world.play('skip soft-contract');
      settle(world, version, 'soft-contract', { status: 'skipped', note });
    },
    proveWayBack: ({ release }) => worldOf(release.lane).play('proveWayBack'),
  };
}
