import { sleep } from '@temporalio/activity';
import { applyMigrations, closeOld } from '../domain/changes.js';
import { type Change, type EffectRecord, type Undo, contractOf, hasBegun, planUndo } from '../domain/effect.js';
import { ReleaseError, isReleaseError } from '../domain/failure.js';
import type { ReleaseRef } from '../domain/lane.js';
import type { Outcome } from '../domain/release-state.js';
import { requestOf } from './admission/read-request.js';
import { untilNone } from './contract-evidence.js';
import { phaseRun } from './database/schema-actuator.js';
import type { Migration, SchemaEngine } from './database/schema-engine.js';
import { type EffectTools, applyEffect } from './effect.js';
import type { Presence } from './presence.js';
import { actContext } from './progress.js';

export interface WayBack {
  readonly generation: number;
  /** Newest first; what an earlier way back has done or skipped is among them. */
  readonly undos: readonly Undo[];
  /** How long to wait after traffic went back before tasks are stopped. */
  readonly settleMs: number;
  /** Contract has begun; there is nothing to undo, only to finish. */
  readonly pastPointOfNoReturn: boolean;
  /** The release has ended already; there is nothing to do at all. */
  readonly ended?: Outcome;
}

interface WayBackCommand {
  readonly release: ReleaseRef;
  readonly generation: number;
  /** See `WayBack`. Default: 0. */
  readonly settleMs?: number;
}

export interface UndoCommand extends WayBackCommand {
  readonly undo: Undo;
  /** What this way back has undone before; it is made to hold again first. Default: nothing. */
  readonly earlier?: readonly Undo[];
}

export interface ProofCommand extends WayBackCommand {
  readonly undos: readonly Undo[];
}

export interface WayBackParts {
  readonly presence: Presence;
  readonly engine: SchemaEngine;
  readonly readMigration: (release: ReleaseRef) => Promise<Migration>;
  /** Until a service's tasks are all healthy targets; `rollout-failed` or `rollout-timeout` when they do not get there. */
  readonly awaitHealthy: (release: ReleaseRef, change: Change) => Promise<void>;
}

/** The way back, from what the ledger holds alone: it works for a run that is no more. */
export function createWayBackActivities(tools: EffectTools, parts: WayBackParts) {
  return {
    /**
     * Fences every earlier attempt of the lane, then reads what there is to undo. The order matters: an effect that slips in
     * before the fence is in the list. `fencedBy`: what had fenced the one before.
     */
    async beginWayBack(release: ReleaseRef, fencedBy?: 'database'): Promise<WayBack> {
      const { outcome, plan } = await tools.ledger.readRelease(release);
      const { lane } = release;
      // Traffic must not wait for the database, so that it is asked only where it is known to be ahead, or needed anyway.
      let generation = await tools.ledger.takeGeneration(lane, fencedBy === undefined ? 0 : await seenBy(release));
      const effects = await tools.ledger.readEffects(release);
      const contract = contractOf(effects);
      if (contract !== undefined) {
        const seen = await seenBy(release);
        if (seen >= generation) generation = await tools.ledger.takeGeneration(lane, seen);
      }
      return {
        generation,
        undos: planUndo(effects),
        settleMs: plan?.settleMs ?? 0,
        pastPointOfNoReturn: contract !== undefined && (await hasContracted({ release, generation }, contract)),
        ...(outcome === undefined ? {} : { ended: outcome }),
      };
    },

    async undo(command: UndoCommand): Promise<void> {
      const { release, generation, undo, earlier = [] } = command;
      // A call of a fenced attempt may land after its undo, and bring back the traffic whose tasks would be stopped next.
      await hold(command, earlier);
      try {
        // The new version must be gone before what it needs is: tasks that still drain answer requests and write.
        if (undo.change.kind === 'schema') await awaitNewVersionGone(release);
        await applyEffect(tools, undo, actContext(release, generation));
      } catch (error) {
        throw undo.change.kind === 'traffic' ? error : asUndone(error);
      }
      // The next line gives this colour its traffic back.
      if (undo.change.kind === 'service') await parts.awaitHealthy(release, undo.change);
    },

    /** An operator has taken this line over by hand. */
    async skipUndo(command: UndoCommand & { readonly note: string }): Promise<void> {
      const { release, generation, undo, note } = command;
      // What it was before is unknown here: nobody but the person who took it over has looked.
      await tools.ledger.recordIntent(release, {
        name: undo.name,
        change: undo.change,
        generation,
        before: undo.change,
      });
      await tools.ledger.recordOutcome(release, undo.name, 'skipped', note);
    },

    /**
     * An operator has run contract by hand. The rights that a soft contract has taken away come back before it is written
     * down: what stays must be whole. From then on it counts as contracted, for whatever version comes next.
     */
    async skipContract({ release, generation, note }: WayBackCommand & { readonly note: string }): Promise<void> {
      const migration = await parts.readMigration(release);
      if (migration.softContract === true) {
        await parts.engine.reopenOld(migration, phaseRun(actContext(release, generation)));
      }
      const name = 'contract';
      if ((await tools.ledger.findEffect(release, name)) === undefined) {
        const change = applyMigrations(requestOf(await tools.ledger.readRelease(release)), name);
        await tools.ledger.recordIntent(release, { name, change, generation, before: change });
      }
      await tools.ledger.recordOutcome(release, name, 'skipped', note);
    },

    /**
     * An operator goes on to contract without a soft one. What rights it has taken away come back before it is written
     * down; its undo gives them back once more, which changes nothing.
     */
    async skipSoftContract({ release, generation, note }: WayBackCommand & { readonly note: string }): Promise<void> {
      await parts.engine.reopenOld(await parts.readMigration(release), phaseRun(actContext(release, generation)));
      const name = 'soft-contract';
      if ((await tools.ledger.findEffect(release, name)) === undefined) {
        await tools.ledger.recordIntent(release, {
          name,
          change: closeOld,
          generation,
          before: { ...closeOld, state: 'open' },
        });
      }
      await tools.ledger.recordOutcome(release, name, 'skipped', note);
    },

    /**
     * Goes over every undo a second time. What is done and holds is only read; but a call of a fenced attempt that was
     * on the wire may have landed after its undo, and that is put right here.
     */
    async proveWayBack(command: ProofCommand): Promise<void> {
      const { release, undos } = command;
      await hold(command, undos);
      // A size that was only just put right says nothing yet about who can answer.
      for (const { change } of undos) if (change.kind === 'service') await parts.awaitHealthy(release, change);
    },
  };

  /** Puts right what no longer is as it was undone; a rule settles before the next line may stop tasks. */
  async function hold({ release, generation, settleMs = 0 }: WayBackCommand, undos: readonly Undo[]): Promise<void> {
    for (const undo of undos) {
      const outcome = await applyEffect(tools, undo, actContext(release, generation));
      if (undo.change.kind === 'traffic' && outcome === 'done') await sleep(settleMs);
    }
  }

  /**
   * An intent alone has changed nothing: as long as no contract file has begun, there is a way back. What is found must stay
   * true: the ledger's fence is asked before an act, and an attempt that was let through then may still be at work.
   */
  async function hasContracted({ release, generation }: WayBackCommand, contract: EffectRecord): Promise<boolean> {
    const begun = await parts.engine.contractBegun(await parts.readMigration(release), actContext(release, generation));
    return hasBegun(contract, begun);
  }

  /** A ledger restored from a backup counts on from here, however many generations it has forgotten. */
  async function seenBy(release: ReleaseRef): Promise<number> {
    return parts.engine.readGeneration(await parts.readMigration(release));
  }

  async function awaitNewVersionGone(release: ReleaseRef): Promise<void> {
    const known = await tools.ledger.readRelease(release);
    const { plan } = known;
    if (plan === undefined) return;
    const request = requestOf(known);
    const weight = await parts.presence.weight(request, plan.idle);
    if (weight.length > 0) {
      throw new ReleaseError('traffic-drift', `the schema cannot go back while ${weight.join()}: its version needs it`);
    }
    // One that this release never came to make has no tasks of it; one that it made and that is not there, who knows.
    const { service } = request.workload.colours[plan.idle];
    const effects = await tools.ledger.readEffects(release);
    const touched = effects.some(({ change }) => change.kind === 'service' && change.service === service);
    if (!touched && !(await parts.presence.isThere(request, plan.idle))) return;
    await untilNone(() => parts.presence.tasks(request, plan.idle), request);
  }
}

/** The rule was back before this line began: what has changed it since is put right by the next attempt. */
function asUndone(error: unknown): unknown {
  if (!isReleaseError(error) || error.code !== 'traffic-drift') return error;
  return new ReleaseError('not-in-effect', error.message, { cause: error });
}
