import type { BrakeLimits } from '../../domain/brake-limits.js';
import type { MigrationFile, MigrationPhase, OperationFile } from '../../domain/migration.js';
import type { SchemaState } from '../../domain/effect.js';
import type { RollbackVerdict } from '../../domain/rollback-verdict.js';
import type { RowsDone } from '../../domain/row-pace.js';
import type { ContractEvidence, SoftContract, VersionStanding } from '../../domain/schema-change.js';
import type { TunedFile, TuningOrder } from '../../domain/tuning.js';

/**
 * Takes a schema from one version to the next in phases, with old and new code running. Every verb may be repeated:
 * what is in effect is not done again, and a verb that was cut off goes on where it stopped.
 *
 * Errors are ReleaseErrors: `database-unreachable` (the outcome of what was under way is unknown: repeat),
 * `database-locked`, `migration-failed`, `migration-changed`, `fenced`, `secret-missing`. A cancelled verb throws the
 * signal's reason.
 */
export interface SchemaEngine {
  /** What would be run, and every reason not to start: bad names, changed files, an undo that is missing. Changes nothing. */
  plan(migration: Migration): Promise<SchemaPlan>;
  /** The versions of the migration's own files of the phase that are in effect, ascending. */
  read(migration: Migration, phase: MigrationPhase): Promise<SchemaState>;
  expand(migration: Migration, run: PhaseRun): Promise<void>;
  /** Fills old rows in batches; goes on from the stored cursor. */
  backfill(migration: Migration, run: PhaseRun): Promise<BackfillReport>;
  /**
   * Says how hard the migration's backfills are to work that are not done, one that runs included, which follows within a
   * second or so; none where none is open. What a generation of a lane has said is not for a later one of that lane; it ends
   * with contract or rollback. `fenced` for a generation that is over. Said twice it is the same.
   */
  tune(migration: Migration, order: TuningOrder, run: Pick<PhaseRun, 'generation'>): Promise<readonly TunedFile[]>;
  /** Counts rows the backfill should have filled and did not; 0 is the only good answer. Reads the whole table. */
  verify(migration: Migration, run?: VerifyRun): Promise<number>;
  /** Who still uses the old version, and what of it could not be looked at. */
  contractEvidence(migration: Migration): Promise<ContractEvidence>;
  /**
   * A soft contract: takes the rights to what contract will remove away, so that whoever still uses the old version is
   * refused (42501) and nothing is lost. Needs what contract needs. Answers with whom it keeps out and whom it cannot;
   * `migration-failed` when something goes and it would keep out nobody, when another lane has closed it, and when rights
   * to it could not be given back.
   */
  closeOld(migration: Migration, run: PhaseRun): Promise<SoftContract>;
  /** Gives back every right that the lane has taken away, and no other lane's. `rollback` does so before anything else, `contract` at its end. */
  reopenOld(migration: Migration, run: PhaseRun): Promise<void>;
  /** `closed` counts tables and views whose rights are taken away, `left` those whose rights would be. */
  readClosed(migration: Migration): Promise<{ readonly closed: number; readonly left: number }>;
  contract(migration: Migration, run: PhaseRun): Promise<void>;
  /**
   * Takes the lane over, so that no attempt of an earlier generation runs another statement; then the versions of the
   * migration's contract files that have begun, ascending, whether they have ended or not. What they have removed cannot be
   * brought back.
   */
  contractBegun(migration: Migration, run: Pick<PhaseRun, 'generation' | 'signal'>): Promise<SchemaState>;
  /** The latest generation of the lane that was at work in the database; 0 when none was. */
  readGeneration(migration: Migration): Promise<number>;
  /**
   * Takes expand back to the versions `to`; runs the `U` files newest first. When any of them goes, so do the backfills
   * that came after, which start anew next time. Refused once a contract file that came after has begun.
   */
  rollback(migration: Migration, to: SchemaState, run: PhaseRun): Promise<void>;
}

/** The files of one release and the database they are for. */
export interface Migration {
  /** `<environment>/<service>`: generations are counted by lane. */
  readonly lane: string;
  /** Connection URL, resolved from its secret by the caller; never logged. */
  readonly url: string;
  readonly files: readonly MigrationFile[];
  /** Instead of `files`: each holds all phases of one change. */
  readonly operations?: readonly OperationFile[];
  /** What one attempt may hold others up. Below the server's `deadlock_timeout`, which is 1,000 unless changed. */
  readonly lockTimeoutMs: number;
  /** What a backfill waits for before a batch, where it is not `defaultBrakeLimits`. */
  readonly brakes?: Partial<BrakeLimits>;
  /** The share of the time that a backfill works, and what a batch should take, where they are not the engine's. */
  readonly pace?: number;
  readonly batchMs?: number;
  /** How many parts of a table a backfill works at at once. Default 1. */
  readonly jobs?: number;
  /**
   * `application_name` of the new version's sessions, and of any version's with `%` where the version stands. Absent:
   * nobody's sessions are evidence, and whoever orders contract knows otherwise.
   */
  readonly sessions?: { readonly current: string; readonly pattern: string };
  /** How long contract keeps what operations would drop, milliseconds; refused where it cannot. Absent: it drops it. */
  readonly keepForMs?: number;
  /** Contract comes after a soft one: `plan` says whom that would keep out, and refuses one that would be nobody. */
  readonly softContract?: boolean;
}

export interface PhaseRun {
  /** Fences writers of older generations: stored in the target database, compared in every batch's transaction. */
  readonly generation: number;
  /** Leaves another attempt that is at work alone, and is refused as `database-locked`. Default: it is ended. */
  readonly yields?: boolean;
  /** Cancels between statements and batches, and the statement that is running. */
  readonly signal: AbortSignal;
  readonly onProgress: (progress: PhaseProgress) => void;
}

/** Given at least every second or so while a verb is at work, so it does for a heartbeat. */
export interface PhaseProgress {
  readonly file: string;
  readonly detail: string;
  /** Of a backfill: rows changed so far, and about how many the table has. */
  readonly rows?: RowsDone;
  /** Of a backfill: what brakes it now. */
  readonly waits?: string;
  /** Of a backfill that somebody has tuned: `tuned by ann: pace 20 %`. */
  readonly tuned?: string;
  /** Said once, and of the whole run. */
  readonly isNotice?: boolean;
}

export type VerifyRun = Partial<Pick<PhaseRun, 'signal' | 'onProgress'>>;

export interface SchemaPlan {
  /** `expand/V2.1__customer_names.sql`, in the order they will be run. */
  readonly pending: Readonly<Record<MigrationPhase, readonly string[]>>;
  readonly refusals: readonly string[];
  /** Of operations: what each file makes of the schema. */
  readonly versions?: readonly VersionStanding[];
  /** What going back would mean; absent when nothing is open any more. */
  readonly rollback?: RollbackVerdict;
  /** Where the migration asks for it. */
  readonly softContract?: SoftContract;
  /** What contract will not be able to look at; absent when it sees all, or nothing goes. */
  readonly unseen?: readonly string[];
}

/** Over all attempts of the migration's backfills. */
export interface BackfillReport {
  readonly rows: number;
  readonly batches: number;
}
