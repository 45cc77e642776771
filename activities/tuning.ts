import type { ReleaseRef } from '../domain/lane.js';
import type { TunedFile, TuningOrder } from '../domain/tuning.js';
import type { Migration, SchemaEngine } from './database/schema-engine.js';

export interface TuneCommand {
  readonly release: ReleaseRef;
  readonly generation: number;
  readonly order: TuningOrder;
}

export interface TuningParts {
  readonly engine: SchemaEngine;
  readonly readMigration: (release: ReleaseRef) => Promise<Migration>;
}

/** No effect of the runbook: the rows it writes go with contract or rollback, and a generation that is over is fenced. */
export function createTuningActivities({ engine, readMigration }: TuningParts) {
  return {
    /** What of the release's backfills is not done, tuned; empty when all is. */
    async tune({ release, generation, order }: TuneCommand): Promise<readonly TunedFile[]> {
      return engine.tune(await readMigration(release), order, { generation });
    },
  };
}
