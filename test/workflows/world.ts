import { randomUUID } from 'node:crypto';
import { type EffectRecord, contractOf, planUndo } from '../../domain/effect.js';
import { ReleaseError } from '../../domain/failure.js';
import type { Lane, ReleaseRef } from '../../domain/lane.js';
import type { Plan } from '../../domain/plan.js';
import type { ReleaseResult } from '../../domain/release-state.js';
import { type Weights, weightsFor } from '../../domain/traffic.js';
import type { Tuning } from '../../domain/tuning.js';
import type { Measurement } from '../../domain/verdict.js';
import { measured } from './plan.js';
import { type Script, createScript } from './script.js';

/** One lane with its service, its traffic and its part of the ledger, in memory. */
export interface World extends Script {
  readonly lane: Lane;
  /** What the plan of every release here differs in from `planFor`. */
  readonly plan: Partial<Plan>;
  weights: Weights;
  /** What the next bakes show, the last one from then on. */
  measurements: (() => Measurement)[];
  generation: number;
  /** The latest that its database has seen; beyond `generation` when the ledger was restored from a backup. */
  databaseGeneration: number;
  /** Of its backfill; `undefined` once that is done. */
  tuning: Tuning | undefined;
  /** Somebody has given that many tables their rights back, behind the back of the release. */
  reopened: number;
  /** How long the load balancer takes to read a changed rule. */
  settleMs: number;
  /** Contract waits for its locks, or for evidence: no statement of it has run. */
  contractWaits: boolean;
  /** In the order they were submitted. */
  readonly releases: BookedRelease[];
  book(version: string): BookedRelease;
}

export interface BookedRelease extends ReleaseRef {
  readonly manifestHash: string;
  state: 'queued' | 'running' | 'ended';
  readonly effects: EffectRecord[];
  /** Every end that was written; more than one is a mistake of the workflow. */
  readonly results: ReleaseResult[];
}

export function createWorld(plan: Partial<Plan> = {}, service = `shop-${randomUUID()}`): World {
  const releases: BookedRelease[] = [];
  // The worlds of a worker are told apart by their service.
  const lane = { environment: 'test', service };
  return {
    ...createScript(),
    lane,
    plan,
    weights: weightsFor('blue', 100),
    measurements: [measured.good],
    generation: 0,
    databaseGeneration: 0,
    tuning: {},
    reopened: 0,
    settleMs: 1,
    contractWaits: false,
    releases,
    book(version) {
      const release = { lane, version, manifestHash: version, state: 'queued', effects: [], results: [] } as const;
      releases.push({ ...release, effects: [], results: [] });
      return findBooked(this, version);
    },
  };
}

export function findBooked(world: World, version: string): BookedRelease {
  const booked = world.releases.find((release) => release.version === version);
  if (booked === undefined) throw new ReleaseError('release-unknown', `${version} is not in the ledger`);
  return booked;
}

/** Fences all earlier effects, then reads what there is to undo. */
export function beginWayBack(world: World, version: string, fencedBy?: 'database') {
  const { effects } = findBooked(world, version);
  if (fencedBy === 'database') world.generation = Math.max(world.generation, world.databaseGeneration);
  return {
    generation: ++world.generation,
    undos: planUndo(effects),
    settleMs: world.settleMs,
    pastPointOfNoReturn: contractOf(effects) !== undefined && !world.contractWaits,
  };
}
