import type { LintFile } from './lint-file.js';
import type { Hit } from './visit.js';

/** A hit and its place. */
export interface LocatedHit extends Hit {
  readonly file: LintFile;
  /** Offset in the file; of a statement where it begins. */
  readonly at: number;
  /** Of the statement; empty when it is about none. */
  readonly text: string;
}
