import type { Failure } from './failure.js';
import type { PastRelease, ReleaseRecord } from './history.js';
import type { LintFinding } from './lint/finding.js';
import type { MigrationFile, MigrationName, MigrationPhase, OperationFile } from './migration.js';
import type { Plan, PlanStep } from './plan.js';
import type { RollbackVerdict } from './rollback-verdict.js';
import type { SoftContract, VersionStanding } from './schema-change.js';
import { stepWait, stepWork } from './step-duration.js';
import { type Weights, weightsFor } from './traffic.js';
import { type WayBack, wayBackAt } from './way-back.js';

/** A release as it would be submitted. */
export interface PlanQuestion {
  readonly manifest: unknown;
  readonly migrations: readonly MigrationFile[];
  readonly operations?: readonly OperationFile[];
}

/** What a release would do if it were submitted and begun now. */
export interface Preview {
  readonly manifestHash: string;
  /** Every reason why it would be refused; empty when it would not. */
  readonly refusals: readonly Failure[];
  /** The versions that come before it in its lane, next first. It is planned again when they have ended. */
  readonly waitsBehind: readonly string[];
  /** It has been submitted with this very content: to submit it again would attach, and start nothing. */
  readonly submitted?: Pick<PastRelease, 'state' | 'outcome'>;
  /** Absent when the live state allows none. */
  readonly plan?: Plan;
  /** Of the production rule now; absent when it could not be read. */
  readonly weights?: Weights;
  /** Those of the plan, with what there is to know of each. */
  readonly steps: readonly PreviewStep[];
  readonly migrations: readonly PreviewMigration[];
  /** Of files of operations: what each makes of the schema; absent where there are none, or nobody could be asked. */
  readonly versions?: readonly VersionStanding[];
  /** What going back would mean between expand and contract; absent where nobody could be asked. */
  readonly rollback?: RollbackVerdict;
  /** Whom a soft contract would keep out, where the manifest asks for one. */
  readonly softContract?: SoftContract;
  /** What contract will not be able to look at before it begins, and what to grant; absent when it sees all, or nothing goes. */
  readonly unseen?: readonly string[];
  /** What `sluice db lint` has against the migrations that are not applied yet; absent from workers that do not lint. */
  readonly lint?: PreviewLint;
  readonly duration?: PreviewDuration;
}

export interface PreviewStep extends PlanStep {
  /** The production rule from this step on, where the step sets it. */
  readonly weights?: Weights;
  /** What the manifest has it wait: bake and the metrics' lag, warm window, quiet window. Milliseconds. */
  readonly waitMs: number;
  /** What it took apart from that in earlier releases of the lane, in the median; absent when none of them tells. */
  readonly workMs?: number;
  readonly wayBack: WayBack;
}

/** A file of the migration folder. */
export interface PreviewMigration {
  readonly phase: MigrationPhase;
  readonly kind: MigrationName['kind'];
  /** `expand/V2.1__customer_names.sql` */
  readonly file: string;
  /** Whether the database has it already; absent for an undo file, and where the database could not be asked. */
  readonly applied?: boolean;
  readonly statements: readonly string[];
}

export interface PreviewLint {
  /** Errors first; at most as many as go into one answer. */
  readonly findings: readonly LintFinding[];
  /** How many there are besides. */
  readonly more: number;
}

export interface PreviewDuration {
  /** All waits, and the work as far as earlier releases tell of it. */
  readonly expectedMs: number;
  /** It will be longer: of some steps nothing is known, or a person has to approve. */
  readonly atLeast: boolean;
  /** How many earlier releases the work is taken from. */
  readonly earlierReleases: number;
}

export function previewSteps(plan: Plan, earlier: readonly ReleaseRecord[]): PreviewStep[] {
  return plan.steps.map((step) => {
    const weights = weightsAt(plan, step);
    const workMs = stepWork(step, earlier);
    return {
      ...step,
      ...(weights === undefined ? {} : { weights }),
      waitMs: stepWait(plan, step),
      ...(workMs === undefined ? {} : { workMs }),
      wayBack: wayBackAt(plan, step),
    };
  });
}

export function previewDuration(
  { database }: Plan,
  steps: readonly PreviewStep[],
  earlier: readonly ReleaseRecord[],
): PreviewDuration {
  const asksPerson = database?.contract === true && database.contractApproval === 'required';
  return {
    expectedMs: steps.reduce((sum, { waitMs, workMs = 0 }) => sum + waitMs + workMs, 0),
    atLeast: asksPerson || steps.some(({ workMs }) => workMs === undefined),
    earlierReleases: earlier.length,
  };
}

function weightsAt({ idle, canary }: Plan, step: PlanStep): Weights | undefined {
  if (step.name === 'cut-over') return weightsFor(idle, 100);
  const shift = canary.steps.find(({ weight }) => step.name === `canary ${weight} %`);
  return shift === undefined ? undefined : weightsFor(idle, shift.weight);
}
