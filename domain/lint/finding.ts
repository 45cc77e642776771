import type { MigrationPhase, OperationFile } from '../migration.js';
import type { Severity } from './rule.js';
import type { RuleName } from './rules.js';

/** One thing that is wrong, and where. */
export interface LintFinding {
  readonly file: string;
  /** From 1, in characters. */
  readonly line: number;
  readonly column: number;
  /** The statement in one line, cut at 120 characters; empty when it is about no statement. */
  readonly statement: string;
  readonly rule: RuleName;
  readonly severity: Severity;
  /** What was found: `drops the column full_name of customers`. */
  readonly what: string;
  /** What breaks by it. */
  readonly breaks: string;
  /** Who waits, and for how long. */
  readonly waits: string;
  /** What to write instead. */
  readonly recipe: string;
}

/** A part of the lint, and whether it took place. */
export interface LintLayer {
  readonly name: 'rules' | 'squawk' | 'live facts' | 'dry run';
  readonly ran: boolean;
  /** On what it ran, or why it did not. */
  readonly detail: string;
}

/** What a statement did in the dry run. */
export interface ObservedStatement {
  readonly file: string;
  readonly line: number;
  readonly statement: string;
  /** Of a statement that an operation makes. */
  readonly phase?: MigrationPhase;
  /** Relations locked by it for the first time in its file, with the strongest mode it took. */
  readonly locks: readonly { readonly relation: string; readonly mode: string }[];
  /** Tables and indexes that were there before and got a new file. */
  readonly rewritten: readonly string[];
}

export interface LintReport {
  readonly files: readonly string[];
  readonly statements: number;
  /** In the order of files and lines. */
  readonly findings: readonly LintFinding[];
  readonly layers: readonly LintLayer[];
  /** Of the dry run. */
  readonly observed: readonly ObservedStatement[];
}

/** One file as it is given to the lint. */
export interface LintInput {
  /** As it is printed. */
  readonly file: string;
  /** Absent: the rules of the phases are left out, and what removes is an error. */
  readonly phase?: MigrationPhase;
  readonly sql: string;
}

/** Files of operations. */
export interface OperationInputs {
  /** What is printed before a file's name. */
  readonly folder: string;
  readonly files: readonly OperationFile[];
}

export interface LintOrder {
  /** In the order in which they would be run. */
  readonly inputs: readonly LintInput[];
  /** Instead of `inputs`. */
  readonly operations?: OperationInputs;
  /** Major version; the server's own counts when there is one. */
  readonly postgresVersion?: number;
  readonly database?: LintDatabase;
}

export interface LintDatabase {
  /** Connection URL; one without a host takes what libpq's variables say. Never printed. */
  readonly url: string;
  /** Named by the environment alone: the lint goes on without it when it cannot be reached. */
  readonly optional: boolean;
  readonly dryRun: boolean;
}
