import type { LintOrder, LintReport } from '../../../domain/lint/finding.js';
import type {
  SchemaHistory,
  SchemaOrder,
  SchemaOutcome,
  SchemaRun,
  SchemaStanding,
} from '../../../domain/schema-change.js';

/** What the commands about a database are done with, where no worker is asked. */
export interface DatabaseWork {
  lint(order: LintOrder): Promise<LintReport>;
  readonly standalone: StandaloneWork;
}

export interface StandaloneWork {
  standing(order: SchemaOrder): Promise<SchemaStanding>;
  expand(order: SchemaOrder, run: SchemaRun): Promise<SchemaOutcome>;
  backfill(order: SchemaOrder, run: SchemaRun): Promise<SchemaOutcome>;
  verify(order: SchemaOrder, run: SchemaRun): Promise<SchemaOutcome>;
  evidence(order: SchemaOrder): Promise<readonly string[]>;
  contract(order: SchemaOrder, run: SchemaRun): Promise<SchemaOutcome>;
  rollback(order: SchemaOrder, run: SchemaRun): Promise<SchemaOutcome>;
  history(order: Pick<SchemaOrder, 'url'>): Promise<SchemaHistory>;
}

export type LoadDatabaseWork = () => Promise<DatabaseWork>;
