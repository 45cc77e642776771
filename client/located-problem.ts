/** One thing that is wrong in a file, and where: `file:line:column` is what editors and terminals jump to. */
export interface LocatedProblem {
  readonly file: string;
  /** From 1. */
  readonly line: number;
  readonly column: number;
  /** `workload.desiredCount`; empty for the file itself. */
  readonly path: string;
  readonly message: string;
}
