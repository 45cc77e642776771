import type { RollbackVerdict } from './rollback-verdict.js';
import type { MigrationFile, MigrationPhase, OperationFile } from './migration.js';
import type { RowsDone } from './row-pace.js';
import type { Tuned, TunedFile, Tuning } from './tuning.js';

/** The lane of whatever `sluice db` does. */
export const handLane = 'sluice db';

/** A change of a schema by itself, without a release. */
export interface SchemaOrder {
  /** `postgres:///` leaves all of it to libpq's variables. */
  readonly url: string;
  readonly files: readonly MigrationFile[];
  /** Instead of `files`. */
  readonly operations?: readonly OperationFile[];
  /** What one attempt may hold others up. Milliseconds, below the server's `deadlock_timeout`. */
  readonly lockTimeoutMs: number;
  /** How long locks are tried for. Milliseconds. */
  readonly lockPatienceMs: number;
  /** How hard `backfill` works, where it is not as usual. */
  readonly effort?: Tuning;
  /** `application_name` of the sessions that must be gone before contract; `%` stands for anything. */
  readonly oldSessions?: string;
  /** How long `contract` of operations keeps what it would drop. Milliseconds; absent: it drops it. */
  readonly keepForMs?: number;
}

/** A database that has a schema already. */
export interface BaselineOrder extends Omit<
  SchemaOrder,
  'files' | 'operations' | 'oldSessions' | 'effort' | 'keepForMs'
> {
  readonly of: 'sql' | 'operations';
  /** Of SQL: the version up to which all was there before. Of operations: what this version is called. */
  readonly version: string;
}

export interface SchemaRun {
  /** Ends it after the batch or the statement that is running. */
  readonly signal: AbortSignal;
  readonly onProgress: (progress: SchemaProgress) => void;
}

export interface SchemaProgress {
  /** `backfill/V2__fill.sql`, or the phase. */
  readonly file: string;
  readonly detail: string;
  readonly rows?: RowsDone;
  readonly tuned?: string;
  /** Said once, and to stay on the screen. */
  readonly isNotice?: boolean;
}

/** What a verb has done in this run. */
export interface SchemaOutcome {
  /** In the order they were run. */
  readonly files: readonly string[];
  /** Of `backfill`: rows and batches over all attempts. */
  readonly rows?: number;
  readonly batches?: number;
  /** Of `verify`: rows that should be filled and are not. */
  readonly unfilled?: number;
  /** Of `closeOld`. */
  readonly softContract?: SoftContract;
  /** Of `reopenOld`, `contract` and `rollback`: what stays closed, by another lane or in another schema; absent when nothing does. */
  readonly stays?: readonly ClosedRelation[];
  /** Of `rollback` of operations: what it has lost, a sentence a file; absent when nothing. */
  readonly lost?: readonly string[];
}

/** Where the files stand in the database. */
export interface SchemaStanding {
  /** Where the history is, and names without a schema lead to. */
  readonly schema: string;
  readonly files: readonly FileStanding[];
  /** Every reason why none of the phases would start. */
  readonly refusals: readonly string[];
  /** Of operations: the schemas of views that files have made or would make, and what going back from each loses. */
  readonly versions?: readonly VersionStanding[];
  /** What going back would mean now; absent when nothing is open any more. */
  readonly rollback?: RollbackVerdict;
  /** Absent when nothing is left to contract. */
  readonly softContract?: SoftContract;
  /** What contract will not be able to look at, and what to grant; absent when it sees all, or nothing goes. */
  readonly unseen?: readonly string[];
}

/** Who still uses the old version, as far as anybody could look. */
export interface ContractEvidence {
  /** Reasons not to contract yet, each with who it is and what to do; empty when there are none. */
  readonly reasons: readonly string[];
  /** What was not looked at, each a sentence with what to grant; no reason not to contract, and no proof either. */
  readonly unseen: readonly string[];
}

/** What a soft contract would take the rights to away, or has; and from whom it cannot. */
export interface SoftContract {
  /** `public_01_names.customers`, `public.customers (full_name)`: what is, or would be, closed. Empty: nothing that could be goes. */
  readonly closes: readonly string[];
  /** Roles that can log in, and lose rights by it. */
  readonly keepsOut: readonly string[];
  /** Who keeps its rights, and what stays open; each a sentence with the reason. */
  readonly cannot: readonly string[];
  /** Every reason why it would be refused. */
  readonly refusals: readonly string[];
  /** Epoch milliseconds: rights are taken away since. */
  readonly since?: number;
}

/** `keeps out shop; postgres is a superuser and keeps its rights: …` */
export function describeSoftContract(found: SoftContract | undefined): string {
  if (found === undefined || found.closes.length === 0) return 'nothing of the old version could be closed';
  return [`keeps out ${found.keepsOut.join(', ') || 'nobody'}`, ...found.cannot].join('; ');
}

/** A table or view to which rights are taken away. */
export interface ClosedRelation {
  readonly schema: string;
  /** `public.customers (full_name)` */
  readonly what: string;
  readonly keepsOut: readonly string[];
  /** `sluice db`, or the lane of the release that has closed it; absent where an earlier version of sluice has. */
  readonly lane?: string;
  readonly by: string;
  /** Epoch milliseconds. */
  readonly since: number;
}

/** What one file of operations makes of the schema. */
export interface VersionStanding {
  readonly file: string;
  /** What the new version of the service sets: the file's schema of views, then the schema itself. */
  readonly searchPath: string;
  /** Of each operation; none where the plan of the file must wait for another one. */
  readonly goingBack: readonly GoingBack[];
}

/** What it means to go back from an operation before contract. */
export interface GoingBack {
  /** `add_column` */
  readonly operation: string;
  /** `safe`: the old version finds all it had. `shim`: it does because of a trigger, as far as `down` tells it. */
  readonly verdict: 'safe' | 'shim' | 'irreversible';
  readonly loses: string;
}

export interface FileStanding {
  readonly file: string;
  readonly phase: MigrationPhase;
  readonly state: 'pending' | 'begun' | 'applied';
  /** Of a backfill that has begun: rows changed so far. */
  readonly rows?: number;
  /** Of a backfill that is not done: what was said by `tune`. */
  readonly tuned?: Tuned;
  /** Of SQL in expand/: a contract came after it. It stays when what is open goes back. */
  readonly isOver?: true;
}

/** What `tune` has said. */
export interface SchemaTuning {
  /** The backfills that were not done; none where there was nothing to tune. */
  readonly files: readonly TunedFile[];
}

/** What was changed by hand since a migration left it. */
export interface SchemaDiff {
  /** Empty when all is as it was left. */
  readonly drift: readonly SchemaDrift[];
}

/** A table or view that is not as the migration left it that changed it last. */
export interface SchemaDrift {
  /** `public.customers`, quoted where it must be. */
  readonly relation: string;
  /** The version of the SQL file, or the name of the file of operations. */
  readonly leftBy: string;
  readonly differences: readonly SchemaDifference[];
}

export interface SchemaDifference {
  /** `column email`, `index customers_email_idx`, `trigger …`, `constraint …`, or `table` when all of it is gone. */
  readonly what: string;
  /** In the server's words; `null` for what was not there. */
  readonly expected: string | null;
  /** `null` for what is gone. */
  readonly found: string | null;
}

/** `column email is varchar(10), was text` */
export function describeDifference({ what, expected, found }: SchemaDifference): string {
  if (found === null) return `${what} is gone${expected === null ? '' : `, was ${expected}`}`;
  return expected === null ? `${what} is new, ${found}` : `${what} is ${found}, was ${expected}`;
}

/** What `repair` would do, or has done. It never touches rows of the service. */
export interface SchemaRepairs {
  /** Accepted as they are. */
  readonly drift: readonly SchemaDrift[];
  /** Rows of failed attempts that are removed from `flyway_schema_history`, by their scripts. */
  readonly failed: readonly string[];
  /** Files whose content is not what was recorded: the record is what changes. */
  readonly realigned: readonly Realignment[];
}

export interface Realignment {
  readonly file: string;
  /** Flyway's checksum, sha256 of a file of operations, or of a row of the history and all before it. */
  readonly was: string;
  readonly is: string;
}

/** What was there is taken over as the first version. */
export interface SchemaBaseline {
  readonly schema: string;
  /** As the history has it. */
  readonly version: string;
  /** Of operations: what a service sets that works with this version. */
  readonly searchPath?: string;
}

/** What was done in a database. */
export interface SchemaHistory {
  /** `flyway_schema_history`, oldest row first. */
  readonly rows: readonly HistoryRow[];
  /** What was done by operations, and by soft contracts, oldest first. */
  readonly events: readonly HistoryEvent[];
  /** What is closed today. */
  readonly closed: readonly ClosedRelation[];
  /** What contract has put aside and not dropped, oldest first. */
  readonly kept: readonly KeptData[];
}

/** A column or a table that no version has any more, with its rows. */
export interface KeptData {
  readonly id: number;
  readonly schema: string;
  /** The file of operations that has contracted it away. */
  readonly name: string;
  /** What it was, quoted: `"public"."customers" ("full_name")`. */
  readonly what: string;
  /** Where it is today. */
  readonly place: string;
  /** What went with it: constraints, indexes, `not null`. */
  readonly definitions: readonly string[];
  /** Epoch milliseconds. */
  readonly since: number;
  readonly until: number;
  /** `sluice db purge` drops it. */
  readonly isOver: boolean;
}

export interface SchemaPurge {
  /** Dropped in this run. */
  readonly purged: readonly KeptData[];
  /** What is left. */
  readonly kept: readonly KeptData[];
}

/** What gets its rights back. */
export interface ReopenOrder extends Pick<SchemaOrder, 'url' | 'lockTimeoutMs' | 'lockPatienceMs'> {
  /** The lane that has closed it. Default: `sluice db`. */
  readonly closedBy?: string;
}

/** What `purge` drops. */
export interface PurgeOrder extends Pick<SchemaOrder, 'url' | 'lockTimeoutMs' | 'lockPatienceMs'> {
  /** Of what is kept: what somebody has seen and wants gone. */
  readonly ids: readonly number[];
}

/** A row of `sluice.schema_event`. */
export interface HistoryEvent {
  readonly schema: string;
  /** The file's name without its extension; of a soft contract what is closed: `public.customers (full_name)`. */
  readonly name: string;
  /**
   * `expand begun`, `expanded`, `filled`, `contract begun`, `contracted`, `rollback begun`, `going back loses 12 rows of customers (email)`, `rolled back`, `baseline`, `repaired`;
   * `closed by production/shop: keeps out app`, `reopened by sluice db`, `gone while it was closed`, and which rights were not given back
   */
  readonly event: string;
  readonly by: string;
  /** Epoch milliseconds. */
  readonly at: number;
}

/** A row of `flyway_schema_history`. */
export interface HistoryRow {
  readonly rank: number;
  /** `null` for a repeatable one. */
  readonly version: string | null;
  readonly description: string;
  /** `SQL`, `BASELINE`, `DELETE` (taken back) and whatever else Flyway has written. */
  readonly type: string;
  readonly script: string;
  readonly checksum: number | null;
  readonly installedBy: string;
  /** Epoch milliseconds. */
  readonly installedOn: number;
  readonly milliseconds: number;
  readonly success: boolean;
}
