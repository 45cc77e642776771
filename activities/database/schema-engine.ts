import type { MigrationFile, MigrationPhase } from '../../domain/migration.js';
import type { SchemaState } from '../../domain/effect.js';

/**
 * Takes a schema from one version to the next in phases, with old and new code running. Every verb may be repeated.
 * Errors are ReleaseErrors: `database-unreachable`, `database-locked`, `migration-failed`, `migration-changed`,
 * `contract-evidence-missing`, `fenced`.
 */
export interface SchemaEngine {
  /** What would be run, and every reason not to start: bad names, changed files, an undo that is missing. Changes nothing. */
  plan(migration: Migration): Promise<SchemaPlan>;
  /** The versions of the phase that are in effect. */
  read(migration: Migration, phase: MigrationPhase): Promise<SchemaState>;
  expand(migration: Migration, run: PhaseRun): Promise<void>;
  /** Fills old rows in batches; goes on from the stored cursor. */
  backfill(migration: Migration, run: PhaseRun): Promise<BackfillReport>;
  /** Counts rows the backfill should have filled and did not; 0 is the only good answer. */
  verify(migration: Migration): Promise<number>;
  /** Who still uses the old version: reasons not to contract yet, empty when there are none. */
  contractEvidence(migration: Migration): Promise<readonly string[]>;
  contract(migration: Migration, run: PhaseRun): Promise<void>;
  /** Takes expand (and with it backfill) back to what was in effect before; runs the `U` files newest first. */
  rollback(migration: Migration, to: SchemaState, run: PhaseRun): Promise<void>;
}

/** The files of one release and the database they are for. */
export interface Migration {
  /** Connection URL, resolved from its secret by the caller; never logged. */
  readonly url: string;
  readonly files: readonly MigrationFile[];
  readonly lockTimeoutMs: number;
  /** `application_name` of the new version's sessions, and what all versions of the service have in common before `{version}`. */
  readonly sessions: { readonly current: string; readonly pattern: string };
}

export interface PhaseRun {
  /** Fences writers of older generations: stored in the target database, compared in every batch's transaction. */
  readonly generation: number;
  /** Cancels between statements and batches, and the statement that is running. */
  readonly signal: AbortSignal;
  readonly onProgress: (progress: PhaseProgress) => void;
}

export interface PhaseProgress {
  readonly file: string;
  readonly detail: string;
}

export interface SchemaPlan {
  readonly pending: Readonly<Record<MigrationPhase, readonly string[]>>;
  readonly refusals: readonly string[];
}

export interface BackfillReport {
  readonly rows: number;
  readonly batches: number;
}
