import { type Undo, pastPointOfNoReturn, planUndo } from '../domain/effect.js';
import { ReleaseError } from '../domain/failure.js';
import type { ReleaseRef } from '../domain/lane.js';
import { type EffectTools, applyEffect, proveChange } from './effect.js';
import { actContext } from './progress.js';

export interface WayBack {
  readonly generation: number;
  /** Newest first. */
  readonly undos: readonly Undo[];
  /** Contract has begun; there is nothing to undo, only to finish. */
  readonly pastPointOfNoReturn: boolean;
}

export interface UndoCommand {
  readonly release: ReleaseRef;
  readonly generation: number;
  readonly undo: Undo;
}

/** The way back, from what the ledger holds alone: it works for a run that is no more. */
export function createWayBackActivities(tools: EffectTools) {
  return {
    /** Fences every earlier attempt of the lane, then reads what there is to undo. The order matters: an effect that slips in before the fence is in the list. */
    async beginWayBack(release: ReleaseRef): Promise<WayBack> {
      const generation = await tools.ledger.takeGeneration(release.lane);
      const effects = await tools.ledger.readEffects(release);
      return { generation, undos: planUndo(effects), pastPointOfNoReturn: pastPointOfNoReturn(effects) };
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
     * Reads every resource once more: a call of a fenced attempt that was on the wire may have landed after its undo.
     * `not-in-effect` names what is not as it was.
     */
    async proveWayBack(command: { readonly release: ReleaseRef; readonly generation: number; readonly undos: readonly Undo[] }): Promise<void> {
      const context = actContext(command.release, command.generation);
      const problems: string[] = [];
      for (const { name, change } of command.undos) {
        const problem = await proveChange(tools.actuators, change, context);
        if (problem !== undefined) problems.push(`${name}: ${problem}`);
      }
      if (problems.length > 0) throw new ReleaseError('not-in-effect', problems.join('\n'));
    },
  };
}
