export type Severity = 'error' | 'warning';

/** Whom a statement's lock keeps waiting: ACCESS EXCLUSIVE everybody, SHARE and SHARE ROW EXCLUSIVE those who write. */
export type Blocks = 'everybody' | 'writers' | 'nobody';

/** What is done while the lock is held; `nothing` is a change of the catalogue alone. */
export type Work = 'nothing' | 'reads the table' | 'rewrites the table' | 'builds an index';

/** One thing that can be wrong with a schema change. */
export interface LintRule {
  /** `error` keeps the change from being released, `warning` is for a person to weigh. */
  readonly severity: Severity;
  /** One sentence. */
  readonly breaks: string;
  readonly blocks: Blocks;
  readonly work: Work;
  /** What to write instead. */
  readonly recipe: string;
}

/** Rules about statements that hold nobody up; all of them are about what the text means. */
export function harmless(
  severity: Severity,
  breaks: string,
  recipe: string,
): LintRule & { readonly blocks: 'nobody'; readonly work: 'nothing' } {
  return { severity, breaks, recipe, blocks: 'nobody', work: 'nothing' };
}
