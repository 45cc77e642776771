import { type Undo, pastPointOfNoReturn, planUndo } from '../domain/effect.js';
import type { ReleaseRef } from '../domain/lane.js';
import { readRequest } from './admission/read-request.js';
import { type EffectTools, applyEffect } from './effect.js';
import { actContext } from './progress.js';

export interface WayBack {
  readonly generation: number;
  /** Newest first. */
  readonly undos: readonly Undo[];
  /** How long to wait after traffic went back before tasks are stopped. */
  readonly settleMs: number;
  /** Contract has begun; there is nothing to undo, only to finish. */
  readonly pastPointOfNoReturn: boolean;
}

export interface UndoCommand {
  readonly release: ReleaseRef;
  readonly generation: number;
  readonly undo: Undo;
}

export interface ProofCommand {
  readonly release: ReleaseRef;
  readonly generation: number;
  readonly undos: readonly Undo[];
}

/** The way back, from what the ledger holds alone: it works for a run that is no more. */
export function createWayBackActivities(tools: EffectTools) {
  return {
    /** Fences every earlier attempt of the lane, then reads what there is to undo. The order matters: an effect that slips in before the fence is in the list. */
    async beginWayBack(release: ReleaseRef): Promise<WayBack> {
      const generation = await tools.ledger.takeGeneration(release.lane);
      const effects = await tools.ledger.readEffects(release);
      const { traffic } = await readRequest(tools.ledger, release);
      return {
        generation,
        undos: planUndo(effects),
        settleMs: traffic.settleMs,
        pastPointOfNoReturn: pastPointOfNoReturn(effects),
      };
    },

    async undo(command: UndoCommand): Promise<void> {
      const { release, generation, undo } = command;
      await applyEffect(tools, undo, actContext(release, generation));
    },

    /** An operator has taken this line over by hand. */
    async skipUndo(command: UndoCommand & { readonly note: string }): Promise<void> {
      const { release, generation, undo, note } = command;
      await tools.ledger.recordIntent(release, { ...undo, generation, before: undo.change });
      await tools.ledger.recordOutcome(release, undo.name, 'skipped', note);
    },

    /**
     * Goes over every undo a second time. What is done and holds is only read; but a call of a fenced attempt that was
     * on the wire may have landed after its undo, and that is put right here.
     */
    async proveWayBack(command: ProofCommand): Promise<void> {
      const { release, generation, undos } = command;
      for (const undo of undos) await applyEffect(tools, undo, actContext(release, generation));
    },
  };
}
