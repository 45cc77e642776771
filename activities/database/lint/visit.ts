import type { RuleName } from '../../../domain/lint/rules.js';
import type { LintFile, LintStatement } from './lint-file.js';
import type { DatabaseFacts } from './live-facts.js';
import type { SchemaSoFar } from './schema-so-far.js';

/** A statement and what stands around it. */
export interface Visit {
  readonly statement: LintStatement;
  readonly file: LintFile;
  /** What the statements before it have made. */
  readonly schema: SchemaSoFar;
  /** Major version of the server it is for. */
  readonly postgres: number;
  /** Absent without a database. */
  readonly facts?: DatabaseFacts;
}

export interface Hit {
  readonly rule: RuleName;
  /** What the statement does, from its verb: `drops the column full_name of customers`. */
  readonly what: string;
  /** The tables it locks. */
  readonly tables?: readonly string[];
}

export type Check = (visit: Visit) => Iterable<Hit>;
