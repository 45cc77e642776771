import { type BrakeLimits, defaultBrakeLimits } from '../../domain/brake-limits.js';
import { describeTuned, isTuned, type Tuned } from '../../domain/tuning.js';
import { abortable } from './abortable.js';
import { type Pacing, tunedPacing } from './batch-size.js';
import { tellNotice } from './notice.js';
import type { PhaseSession } from './phase-session.js';
import { findTuning, type TuningId } from './tunings.js';

/** How hard a backfill works now: as it was begun, and as it was tuned since. */
export interface Effort {
  /** Reads what somebody may have said meanwhile, and tells when they have. */
  look(): Promise<void>;
  pacing(): Pacing;
  /** How many parts of a table are to be worked at at once. */
  jobs(): number;
  limits(): BrakeLimits;
  /** Of the progress: who has tuned it. */
  tuned(): { readonly tuned?: string };
}

interface EffortOrder {
  readonly id: TuningId;
  readonly file: string;
  /** As it was begun. */
  readonly pacing: Pacing;
  /** It is one part, as large as it is. */
  readonly isUndivided: boolean;
}

export function createEffort(session: PhaseSession, { id, file, pacing, isUndivided }: EffortOrder): Effort {
  const { watcher, migration, run } = session;
  const begun = tunedPacing(pacing, migration);
  let said: Tuned | undefined;
  let lookedAt = -Infinity;
  const jobsWanted = () => said?.tuning.jobs ?? migration.jobs ?? 1;
  const tell = (detail: string) => tellNotice(session, file, detail);
  const tellUndivided = () => {
    if (isUndivided && jobsWanted() > 1) tell(`works with one job: ${undivided}`);
  };
  tellUndivided();
  return {
    async look() {
      // Of several jobs the first asks.
      if (performance.now() - lookedAt < leastMs) return;
      lookedAt = performance.now();
      const claim = { lane: migration.lane, generation: run.generation };
      const found = await abortable(() => findTuning(watcher, id, claim), run.signal);
      if (found?.at === said?.at) return;
      said = found;
      tell(found === undefined ? 'tuned no more: as it was begun' : describeTuned(found));
      tellUndivided();
    },
    pacing: () => tunedPacing(begun, said?.tuning ?? {}),
    jobs: jobsWanted,
    limits: () => ({ ...defaultBrakeLimits, ...migration.brakes, ...said?.tuning.brakes }),
    tuned: () => (said === undefined || !isTuned(said.tuning) ? {} : { tuned: describeTuned(said) }),
  };
}

const leastMs = 100;

const undivided =
  'only what an operation fills is divided, when it begins, in a table without partitions or heirs, from Postgres 14 on';
