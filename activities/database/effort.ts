import { type BrakeLimits, defaultBrakeLimits } from '../../domain/brake-limits.js';
import { describeTuned, isTuned, type Tuned } from '../../domain/tuning.js';
import { type Pacing, tunedPacing } from './batch-size.js';
import type { PhaseSession } from './phase-session.js';
import { findTuning, type TuningId } from './tunings.js';

/** How hard a backfill works now: as it was begun, and as it was tuned since. */
export interface Effort {
  /** Reads what somebody may have said meanwhile, and tells when they have. */
  look(): Promise<void>;
  pacing(): Pacing;
  limits(): BrakeLimits;
  /** Of the progress: who has tuned it. */
  tuned(): { readonly tuned?: string };
}

export function createEffort(
  session: PhaseSession,
  { id, file, pacing }: { readonly id: TuningId; readonly file: string; readonly pacing: Pacing },
): Effort {
  const { connection, migration, run, log } = session;
  const begun = tunedPacing(pacing, migration);
  let said: Tuned | undefined;
  return {
    async look() {
      const found = await findTuning(connection, id, { lane: migration.lane, generation: run.generation });
      if (found?.at === said?.at) return;
      said = found;
      const detail = found === undefined ? 'tuned no more: as it was begun' : describeTuned(found);
      log(`${file}: ${detail}`);
      run.onProgress({ file, detail, isNotice: true });
    },
    pacing: () => tunedPacing(begun, said?.tuning ?? {}),
    limits: () => ({ ...defaultBrakeLimits, ...migration.brakes, ...said?.tuning.brakes }),
    tuned: () => (said === undefined || !isTuned(said.tuning) ? {} : { tuned: describeTuned(said) }),
  };
}
