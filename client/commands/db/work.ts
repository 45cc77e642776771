import type { LintOrder, LintReport } from '../../../domain/lint/finding.js';
import type {
  BaselineOrder,
  ContractEvidence,
  KeptData,
  PurgeOrder,
  ReopenOrder,
  SchemaBaseline,
  SchemaDiff,
  SchemaHistory,
  SchemaOrder,
  SchemaOutcome,
  SchemaRepairs,
  SchemaRun,
  SchemaStanding,
  SchemaTuning,
} from '../../../domain/schema-change.js';
import type { TuningOrder } from '../../../domain/tuning.js';

/** What the commands about a database are done with, where no worker is asked. */
export interface DatabaseWork {
  lint(order: LintOrder): Promise<LintReport>;
  readonly standalone: StandaloneWork;
}

export interface StandaloneWork {
  standing(order: SchemaOrder): Promise<SchemaStanding>;
  expand(order: SchemaOrder, run: SchemaRun): Promise<SchemaOutcome>;
  backfill(order: SchemaOrder, run: SchemaRun): Promise<SchemaOutcome>;
  tune(order: SchemaOrder, said: TuningOrder): Promise<SchemaTuning>;
  verify(order: SchemaOrder, run: SchemaRun): Promise<SchemaOutcome>;
  evidence(order: SchemaOrder): Promise<ContractEvidence>;
  closeOld(order: SchemaOrder, run: SchemaRun): Promise<SchemaOutcome>;
  reopenOld(order: ReopenOrder, run: SchemaRun): Promise<SchemaOutcome>;
  contract(order: SchemaOrder, run: SchemaRun): Promise<SchemaOutcome>;
  rollback(order: SchemaOrder, run: SchemaRun): Promise<SchemaOutcome>;
  diff(order: Pick<SchemaOrder, 'url'>): Promise<SchemaDiff>;
  repairs(order: SchemaOrder): Promise<SchemaRepairs>;
  repair(order: SchemaOrder, shown: SchemaRepairs, run: SchemaRun): Promise<void>;
  baseline(order: BaselineOrder, run: SchemaRun): Promise<SchemaBaseline>;
  purge(order: PurgeOrder, run: SchemaRun): Promise<readonly KeptData[]>;
  history(order: Pick<SchemaOrder, 'url'>): Promise<SchemaHistory>;
}

export type LoadDatabaseWork = () => Promise<DatabaseWork>;
