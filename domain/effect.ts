import type { Colour } from './colour.js';
import type { MigrationPhase } from './migration.js';
import type { Weights } from './traffic.js';

/** One resource of the world and the state it is to be in. Undoing is the same thing with the saved state. */
export type Change = RevisionChange | ServiceChange | TrafficChange | SchemaChange | RightsChange;

export type ChangeKind = Change['kind'];

export interface RevisionChange {
  readonly kind: 'revision';
  readonly family: string;
  /** The release whose tag the task definition carries: how a retry finds what it registered before. */
  readonly releaseTag: string;
  /** Whose task definition it takes over what the manifest does not state from. */
  readonly template: { readonly cluster: string; readonly service: string };
  readonly state: RevisionState;
}

/** Whether an active task definition carries the release's tag. */
export type RevisionState = 'registered' | 'absent';

export interface ServiceChange {
  readonly kind: 'service';
  readonly cluster: string;
  readonly service: string;
  readonly state: ServiceState;
}

/** `null`: the service does not exist; going back to that means size 0, since a deleted service loses its target group. */
export type ServiceState = { readonly taskDefinitionArn: string; readonly desiredCount: number } | null;

export interface TrafficChange {
  readonly kind: 'traffic';
  /** `production`: what shoppers see. `test`: what only the smoke test matches. */
  readonly rule: 'production' | 'test';
  readonly ruleArn: string;
  readonly targetGroups: Readonly<Record<Colour, string>>;
  readonly state: Weights;
  /** Healthy targets each colour with weight must have before the rule is changed. */
  readonly minHealthy: Readonly<Record<Colour, number>>;
}

export interface SchemaChange {
  readonly kind: 'schema';
  readonly phase: MigrationPhase;
  readonly state: SchemaState;
}

/** Who may use what only the old version needs. */
export interface RightsChange {
  readonly kind: 'rights';
  readonly state: RightsState;
}

/** `closed`: those who could be kept out are. */
export type RightsState = 'open' | 'closed';

/** The migration versions of the phase that are in effect in the database, ascending. */
export type SchemaState = readonly string[];

/** `intent`: may or may not have taken effect. `done`: read back. `skipped`: an operator took it over by hand. */
export type EffectStatus = 'intent' | 'done' | 'skipped';

/** A row of the ledger. */
export interface EffectRecord {
  /** Unique within the release: `shift/5`, or `undo/shift/5`. */
  readonly name: string;
  /** Order in which the intents of the release were written. */
  readonly sequence: number;
  readonly generation: number;
  readonly status: EffectStatus;
  /** The change as it was intended. */
  readonly change: Change;
  /** The same resource in the state it was found in before the first attempt. */
  readonly before: Change;
  /** Who took it over by hand and why, when it was skipped. */
  readonly note?: string;
}

/** The places where a process may die; the crash tests take their list from here. */
export const crashPoints = ['before-intent', 'after-intent', 'after-act', 'after-outcome'] as const;

export type CrashPoint = (typeof crashPoints)[number];

export const undoPrefix = 'undo/';

export function isUndo(effect: Pick<EffectRecord, 'name'>): boolean {
  return effect.name.startsWith(undoPrefix);
}

/** One line of the way back. */
export interface Undo {
  /** `undo/<name of the newest effect on the resource>` */
  readonly name: string;
  readonly change: Change;
  /** What an earlier way back has made of it. */
  readonly progress: UndoProgress;
}

export type UndoProgress =
  { readonly kind: 'open' } | { readonly kind: 'done' } | { readonly kind: 'skipped'; readonly note: string };

/**
 * The way back from what the ledger holds: newest first, one line a resource, to the state before its *first* effect.
 * So traffic that was shifted in five steps goes back in one change. Intents without outcome count: they may have acted.
 * What an earlier way back has done or skipped stays in the list, so that it can be proven, and is not forgotten.
 */
export function planUndo(effects: readonly EffectRecord[]): readonly Undo[] {
  const undos = new Map(effects.filter(isUndo).map((effect) => [effect.name, effect]));
  const forward = effects.filter((effect) => !isUndo(effect)).sort((a, b) => a.sequence - b.sequence);
  const firstBefore = new Map<string, Change>();
  const newest = new Map<string, EffectRecord>();
  for (const effect of forward) {
    const resource = resourceOf(effect.change);
    if (!firstBefore.has(resource)) firstBefore.set(resource, wayBackTo(effect.before));
    newest.set(resource, effect);
  }
  return [...newest.entries()]
    .sort(([, a], [, b]) => b.sequence - a.sequence)
    .flatMap(([resource, effect]) => {
      const change = firstBefore.get(resource);
      const name = undoPrefix + effect.name;
      return change === undefined || !hasUndo(change) ? [] : [{ name, change, progress: progressOf(undos.get(name)) }];
    });
}

/** Whoever has closed it before: the old version cannot work without its rights. */
function wayBackTo(before: Change): Change {
  return before.kind === 'rights' ? { ...before, state: 'open' } : before;
}

function progressOf(undo: EffectRecord | undefined): UndoProgress {
  switch (undo?.status) {
    case undefined:
    case 'intent':
      return { kind: 'open' };
    case 'done':
      return { kind: 'done' };
    case 'skipped':
      return { kind: 'skipped', note: undo?.note ?? '' };
  }
}

/**
 * A registered revision serves nobody, and withdrawing one that a service still names would make that service unusable.
 * The rows a backfill filled go with the columns that the undo of expand drops. Contract has no way back.
 */
function hasUndo(change: Change): boolean {
  switch (change.kind) {
    case 'revision':
      return false;
    case 'schema':
      return change.phase === 'expand';
    case 'service':
    case 'traffic':
    case 'rights':
      return true;
  }
}

/** Whether anything of an effect on the schema shows. Files of earlier releases stand in its pre-state, and do not count. */
export function hasBegun({ before }: Pick<EffectRecord, 'before'>, found: SchemaState): boolean {
  if (before.kind !== 'schema') throw new Error(`expected an effect on the schema, found one on ${before.kind}`);
  return found.some((version) => !before.state.includes(version));
}

/** Once it has begun, the only way is forward. */
export function contractOf(effects: readonly EffectRecord[]): EffectRecord | undefined {
  return effects.find(({ change }) => change.kind === 'schema' && change.phase === 'contract');
}

/** Names the thing a change is about, so that several changes of one thing are undone once. */
export function resourceOf(change: Change): string {
  switch (change.kind) {
    case 'revision':
      return `revision ${change.family} ${change.releaseTag}`;
    case 'service':
      return `service ${change.cluster}/${change.service}`;
    case 'traffic':
      return `rule ${change.ruleArn}`;
    case 'schema':
      return `schema ${change.phase}`;
    case 'rights':
      return 'rights of the old version';
  }
}
