import type { z } from 'zod';
import type { IndexDefinition } from '../index-definition.js';
import type { RelationName } from '../relation-name.js';
import type { Catalogue } from './catalogue.js';
import type { Manual } from './manual.js';
import type { OwnNames } from './names.js';

/**
 * A kind of operation: what one may say, what speaks against it, and what all phases do. One file a kind.
 *
 * Nothing here is run by the kind itself. A plan is data: it is made once, against the schema as it was before expand,
 * kept in the target database with the migration, and run from there by whichever process comes next.
 */
export interface OperationKind<Body = unknown> {
  /** `add_column`: the key in the file. */
  readonly name: string;
  readonly manual: Manual;
  /** Each of its fields has a description. */
  readonly schema: z.ZodType<Body>;
  /** Whether it is the only operation of its file: what it does to the schema shows only in the database. */
  isAlone?(body: Body): boolean;
  /** Everything that speaks against it, when it meets this schema. Empty: `plan` may be asked. */
  check(body: Body, situation: Situation): readonly OperationProblem[];
  plan(body: Body, situation: Situation): OperationPlan;
}

/** What an operation meets. */
export interface Situation {
  /** As the operations before it, in this file and in earlier ones, leave it to the new version. */
  readonly catalogue: Catalogue;
  /** As the operations of earlier files leave it: what can be tried on rows. */
  readonly before: Catalogue;
  /** Names for what the engine puts into the database for a while. */
  readonly names: OwnNames;
  /** 13 to 18 */
  readonly serverMajor: number;
}

export interface OperationProblem {
  /** Below the operation's body: `['column', 'type']`. */
  readonly path: readonly (string | number)[];
  /** What was expected, what was found, what to do; one sentence. */
  readonly message: string;
}

/**
 * What one operation does in each phase. The engine puts the plans of a file together: statements that follow each other
 * and are about one table share a transaction; the table's sync trigger and its marker of filled rows are its business,
 * as are the views, and the renames at contract of whatever `after` calls otherwise than it is called now.
 */
export interface OperationPlan {
  /** The schema as the new version sees it; `read-again` when only the database can tell. */
  readonly after: Catalogue | 'read-again';
  readonly verdict: Verdict;
  /** Tried on real rows in a transaction that is rolled back, before anything is changed. */
  readonly trials?: readonly Trial[];
  /** Both versions work before, during and after. */
  readonly expand?: readonly Step[];
  /** Keeps the old and the new form of a row the same, from expand to contract; rows that are there get filled by it. */
  readonly syncs?: readonly Sync[];
  /** At the end of backfill, when every row is filled: proves constraints, builds indexes. The old version still writes. */
  readonly settle?: readonly Step[];
  /** Counted by verify besides the rows that are not filled; 0 is the only good answer. */
  readonly verify?: readonly Count[];
  readonly contract?: ContractSteps;
  /** Takes back `expand` and `settle`, however far they came: every statement runs also where there is nothing to do. */
  readonly rollback?: readonly Step[];
}

export interface ContractSteps {
  /** While everything of both versions is still there, but the old one is known to be gone. */
  readonly prepare?: readonly Step[];
  /** In one transaction a table, with the end of its sync trigger and of the old version's view of it. */
  readonly cut?: readonly Cut[];
}

export interface Verdict {
  /**
   * Of going back before contract. `safe`: the old version finds all it had. `shim`: it does because of the sync
   * trigger, as far as `down` tells it. `irreversible`: something is lost or stays changed.
   */
  readonly goingBack: 'safe' | 'shim' | 'irreversible';
  /** What going back loses, or leaves; one sentence. */
  readonly loses: string;
}

export interface Trial {
  /** What is tried stands here in the operation's body. */
  readonly path: readonly (string | number)[];
  /** Fails where the expression does. May make temporary tables; nothing of it stays. */
  readonly sql: string;
}

export interface Count {
  /** What should not be there: `customers without an e-mail address`. */
  readonly what: string;
  /** One SELECT with one number. */
  readonly sql: string;
}

export type Step = Cut | LoneStatement | BuildIndex | DropIndex | DetachPartition;

/** In one transaction with its neighbours that are about the same table. */
export interface Cut {
  readonly do: 'cut';
  /** Physical name of the table whose lock it takes first; absent when no table that is there is locked, or when it comes after the cuts of all tables. */
  readonly table?: string;
  /** The strongest lock any of it needs. Default: access exclusive. */
  readonly lock?: 'access exclusive' | 'share row exclusive' | 'share update exclusive';
  readonly statements: readonly string[];
}

/** By itself, because it reads the whole table under a weak lock: twice must be the same as once. */
export interface LoneStatement {
  readonly do: 'alone';
  readonly table: string;
  readonly sql: string;
}

/** Concurrently; an invalid left-over is dropped and built again. */
export interface BuildIndex {
  readonly do: 'build-index';
  /** Physical names. */
  readonly index: IndexDefinition;
}

/** Concurrently; nothing to do when it is not there. */
export interface DropIndex {
  readonly do: 'drop-index';
  readonly index: RelationName;
}

/** Concurrently where the server can; nothing to do when it is no partition. */
export interface DetachPartition {
  readonly do: 'detach-partition';
  readonly parent: RelationName;
  readonly partition: RelationName;
}

/**
 * Columns of the new version and columns of the old one that stand for the same: mostly one of each. The trigger sees
 * which side a write changed by comparing the row before and after. An INSERT with a value in a new column is the new
 * version's, any other the old one's. When a statement changes both sides, the new one wins.
 *
 * Expressions are the author's: they name columns as the version they belong to does.
 */
export interface Sync {
  /** Physical name. */
  readonly table: string;
  /** The new columns. Default: none. */
  readonly ups?: readonly SyncUp[];
  /** The old columns. Without new ones each is computed on INSERT alone, where the statement left it null. Default: none. */
  readonly downs?: readonly SyncDown[];
}

/** A new column, with its value for a row as the old version wrote it. */
export interface SyncUp extends SyncExpression {
  /**
   * Over the row as the new version sees it: what its constraints ask of the value. A value for which one is false, or
   * that cannot be computed, does not fail the old version's write: the row counts as not filled.
   */
  readonly accepts?: readonly Omit<SyncExpression, 'column' | 'type'>[];
}

export interface SyncDown extends SyncExpression {
  /** It is NOT NULL: an INSERT that leaves it null is the new version's, whatever stands in the new columns. */
  readonly required?: boolean;
  /** It has a value where an INSERT names none, and the new columns have not: whose INSERT that was, it does not tell. */
  readonly given?: boolean;
}

export interface SyncExpression {
  /** Physical name; it is assigned the value. */
  readonly column: string;
  /** Of the column. */
  readonly type: string;
  readonly expression: string;
  /** The columns it may read: logical name to physical name. */
  readonly scope: Scope;
}

/** A row of one version: how it calls the table, and where its columns are. */
export interface Scope {
  readonly table: string;
  readonly columns: readonly { readonly name: string; readonly physical: string }[];
}
