import { type Colour, otherColour } from './colour.js';
import type { ReleaseRef } from './lane.js';
import { describeMigrations } from './migration.js';
import type { CanaryRequest, DatabaseRequest, ReleaseRequest } from './release-request.js';
import { type Weights, describeWeights, liveColour } from './traffic.js';

/** What a manifest means against the live state of the day it was admitted. Hashed and frozen in the ledger then. */
export interface Plan extends ReleaseRef {
  readonly image: string;
  readonly live: Colour;
  readonly idle: Colour;
  readonly desiredCount: number;
  readonly canary: CanaryRequest;
  /** At least as long as a changed rule takes to settle: tasks are stopped after it. */
  readonly warmWindowMs: number;
  readonly rolloutTimeoutMs: number;
  /** How long a changed rule takes to settle. */
  readonly settleMs: number;
  readonly database?: DatabasePlan;
  /** The runbook, in order, as people read it. */
  readonly steps: readonly PlanStep[];
}

export interface DatabasePlan extends Pick<DatabaseRequest, 'quietWindowMs' | 'contractApproval'> {
  /** Whether the release has files of that phase. */
  readonly expand: boolean;
  readonly backfill: boolean;
  readonly contract: boolean;
}

export interface PlanStep {
  readonly name: string;
  readonly detail: string;
  /** From this step on there is no way back. */
  readonly pointOfNoReturn?: true;
}

/** What was found in the world at admission. */
export interface LiveState {
  readonly weights: Weights;
  /** Target groups the production rule forwards to, as found. */
  readonly ruleTargetGroups: readonly string[];
  /** Group stickiness of the production rule, 0 when off. */
  readonly stickinessSeconds: number;
}

export type Planned = { readonly plan: Plan } | { readonly refusals: readonly string[] };

/** Pure: the same request against the same live state is the same plan. Every reason to refuse is named at once. */
export function planRelease(request: ReleaseRequest, found: LiveState): Planned {
  const refusals = refuse(request, found);
  const live = liveColour(found.weights);
  if (live === undefined || refusals.length > 0) return { refusals };
  const idle = otherColour(live);
  const database = request.database === undefined ? undefined : planDatabase(request.database);
  return {
    plan: {
      lane: request.lane,
      version: request.version,
      image: request.image,
      live,
      idle,
      desiredCount: request.workload.desiredCount,
      canary: request.canary,
      warmWindowMs: warmWindowOf(request),
      rolloutTimeoutMs: request.workload.rolloutTimeoutMs,
      settleMs: request.traffic.settleMs,
      ...(database === undefined ? {} : { database }),
      steps: describeSteps(request, idle, live),
    },
  };
}

function refuse(request: ReleaseRequest, found: LiveState): string[] {
  const refusals: string[] = [];
  const { blue, green } = request.workload.colours;
  const expected = [blue.targetGroupArn, green.targetGroupArn];
  const foreign = found.ruleTargetGroups.filter((arn) => !expected.includes(arn));
  const missing = expected.filter((arn) => !found.ruleTargetGroups.includes(arn));
  if (foreign.length > 0) {
    refusals.push(`the rule forwards to ${foreign.join(', ')}, which the manifest does not name as blue or green`);
  }
  if (missing.length > 0) {
    refusals.push(`the rule does not forward to ${missing.join(', ')}; it must always name both target groups`);
  }
  if (found.stickinessSeconds > 0) {
    refusals.push(
      `the rule keeps clients on their target group for ${found.stickinessSeconds} s; switch group stickiness off, it overrides every weight`,
    );
  }
  if (refusals.length === 0 && liveColour(found.weights) === undefined) {
    refusals.push(`one colour must have all traffic; the rule has ${describeWeights(found.weights)}`);
  }
  return refusals;
}

function planDatabase(database: DatabaseRequest): DatabasePlan {
  const has = (phase: string) => database.migrations.some((file) => file.phase === phase);
  return {
    quietWindowMs: database.quietWindowMs,
    contractApproval: database.contractApproval,
    expand: has('expand'),
    backfill: has('backfill'),
    contract: has('contract'),
  };
}

function warmWindowOf(request: ReleaseRequest): number {
  return Math.max(request.warmWindowMs, request.traffic.settleMs);
}

function describeSteps(request: ReleaseRequest, idle: Colour, live: Colour): PlanStep[] {
  const { workload, canary, database } = request;
  const files = (phase: 'expand' | 'backfill' | 'contract') => describeMigrations(database?.migrations ?? [], phase);
  const steps: (PlanStep | undefined)[] = [
    { name: 'provision', detail: `${workload.colours[idle].service} exists, its test rule points at ${idle}` },
    files('expand') === '' ? undefined : { name: 'expand', detail: files('expand') },
    files('backfill') === '' ? undefined : { name: 'backfill', detail: files('backfill') },
    { name: 'deploy', detail: `${workload.desiredCount} tasks of ${request.version} on ${idle}` },
    { name: 'smoke', detail: request.smoke.paths.join(', ') },
    ...canary.steps.map((step) => ({
      name: `canary ${step.weight} %`,
      detail: `${idle} gets ${step.weight} %, bakes ${step.bakeMs / 1000} s, is judged against ${live}`,
    })),
    { name: 'cut-over', detail: `${idle} gets all traffic` },
    { name: 'keep-warm', detail: `${live} stays at full size for ${warmWindowOf(request) / 1000} s` },
    { name: 'retire', detail: `${live} goes to 0 tasks` },
    files('contract') === '' ? undefined : { name: 'contract', detail: files('contract'), pointOfNoReturn: true },
  ];
  return steps.filter((step) => step !== undefined);
}
