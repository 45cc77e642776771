import { type Colour, colours, otherColour } from './colour.js';
import { durationText } from './duration.js';
import { counted } from './counted.js';
import type { ReleaseRef } from './lane.js';
import { describeMigrations, hasPhase } from './migration.js';
import type { CanaryRequest, DatabaseRequest, ReleaseRequest } from './release-request.js';
import type { Phase } from './release-state.js';
import { type Weights, describeWeights, liveColour } from './traffic.js';

/** What a manifest means against the live state of the day it was admitted. Hashed and frozen in the ledger then. */
export interface Plan extends ReleaseRef {
  readonly image: string;
  /** The manifest's reason why an image from before a contract is no reason to refuse. */
  readonly acceptOlderImage?: string;
  readonly live: Colour;
  readonly idle: Colour;
  readonly desiredCount: number;
  readonly canary: CanaryRequest;
  /** At least as long as a changed rule takes to settle: tasks are stopped after it. */
  readonly warmWindowMs: number;
  readonly rolloutTimeoutMs: number;
  /** How long each wait for the old version to be gone may last before a person is asked. */
  readonly patienceMs: number;
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
  /** The files are of operations, which go back by themselves; SQL has undo files. */
  readonly operations?: true;
  /** How long rights are taken away before contract, where the manifest asks for it and there is something to contract. */
  readonly softContractMs?: number;
  /** The oldest version that works after contract, where the manifest says that it is not this one. */
  readonly oldestVersion?: string;
}

export interface PlanStep {
  readonly name: string;
  readonly detail: string;
  /** From this step on there is no way back. */
  readonly pointOfNoReturn?: true;
}

/** The phases that are steps of a plan. */
const stepPhases = [
  'provision',
  'expand',
  'backfill',
  'deploy',
  'smoke',
  'canary',
  'cut-over',
  'keep-warm',
  'retire',
  'soft-contract',
  'contract',
] as const satisfies readonly Phase[];

/** `canary` for `canary 5 %`; the other steps are named like their phases. */
export function phaseOf({ name }: PlanStep): (typeof stepPhases)[number] {
  const phase = stepPhases.find((it) => name === it || name.startsWith(`${it} `));
  if (phase === undefined) throw new Error(`expected a step of a plan, found ${name}`);
  return phase;
}

/** What was found in the world at admission. */
export interface LiveState {
  /** `null`: there is no rule with that ARN. */
  readonly rule: LiveRule | null;
  readonly testRule: LiveRule | null;
  /** `null` where there is no service yet. */
  readonly services: Readonly<Record<Colour, FoundService | null>>;
}

export interface FoundService {
  /** ARNs of those it registers its tasks with. */
  readonly targetGroups: readonly string[];
  readonly desiredCount: number;
}

export interface LiveRule {
  /** Target group ARN → weight. */
  readonly weights: Readonly<Record<string, number>>;
  /** Group stickiness, 0 when off. */
  readonly stickinessSeconds: number;
}

export type Planned = { readonly plan: Plan } | { readonly refusals: readonly string[] };

/** Pure: the same request against the same live state is the same plan. Every reason to refuse is named at once. */
export function planRelease(request: ReleaseRequest, found: LiveState): Planned {
  const refusals = refuse(request, found);
  const live = liveColour(weightsOf(request, found.rule));
  if (live === undefined || refusals.length > 0) return { refusals };
  const idle = otherColour(live);
  const database = request.database === undefined ? undefined : planDatabase(request.database);
  return {
    plan: {
      lane: request.lane,
      version: request.version,
      image: request.image,
      ...(request.acceptOlderImage === undefined ? {} : { acceptOlderImage: request.acceptOlderImage }),
      live,
      idle,
      desiredCount: request.workload.desiredCount,
      canary: request.canary,
      warmWindowMs: warmWindowOf(request),
      rolloutTimeoutMs: request.workload.rolloutTimeoutMs,
      patienceMs: request.patienceMs,
      settleMs: request.traffic.settleMs,
      ...(database === undefined ? {} : { database }),
      steps: describeSteps(request, idle, live),
    },
  };
}

/** The weights the rule gives the request's colours; nothing to a colour it does not name. */
export function weightsOf(request: ReleaseRequest, rule: LiveRule | null): Weights {
  const of = (colour: Colour) => rule?.weights[request.workload.colours[colour].targetGroupArn] ?? 0;
  return { blue: of('blue'), green: of('green') };
}

function refuse(request: ReleaseRequest, found: LiveState): string[] {
  const live = liveColour(weightsOf(request, found.rule));
  return [
    ...refuseRules(request, found),
    ...colours.flatMap((colour) => refuseService(request, found, colour)),
    ...(live === undefined ? [] : refuseLive(request, found, live)),
  ];
}

function refuseRules(request: ReleaseRequest, { rule, testRule }: LiveState): string[] {
  const { ruleArn, testRuleArn } = request.traffic;
  const refusals = [
    ...refuseRule(request, rule, { name: 'the rule', arn: ruleArn, field: 'traffic.ruleArn' }),
    ...refuseRule(request, testRule, { name: 'the test rule', arn: testRuleArn, field: 'traffic.testRuleArn' }),
  ];
  if (rule !== null && rule.stickinessSeconds > 0) {
    refusals.push(
      `the rule keeps clients on their target group for ${durationText(rule.stickinessSeconds * 1_000)}; switch group stickiness off, it overrides every weight`,
    );
  }
  const weights = weightsOf(request, rule);
  if (refusals.length === 0 && liveColour(weights) === undefined) {
    refusals.push(`one colour must have all traffic; the rule has ${describeWeights(weights)}`);
  }
  return refusals;
}

function refuseRule(
  request: ReleaseRequest,
  rule: LiveRule | null,
  { name, arn, field }: { readonly name: string; readonly arn: string; readonly field: string },
): string[] {
  if (rule === null) return [`${name} ${arn} is not there; make it, or correct ${field}`];
  const expected = colours.map((colour) => request.workload.colours[colour].targetGroupArn);
  const foreign = Object.keys(rule.weights).filter((group) => !expected.includes(group));
  const missing = expected.filter((group) => !Object.hasOwn(rule.weights, group));
  return [
    ...(foreign.length === 0
      ? []
      : [`${name} forwards to ${foreign.join(', ')}, which the manifest does not name as blue or green`]),
    ...(missing.length === 0
      ? []
      : [`${name} does not forward to ${missing.join(', ')}; it must always name both target groups`]),
  ];
}

/** Weight on a target group that the other colour's tasks are in would send shoppers to a version nobody has judged. */
function refuseService(request: ReleaseRequest, { services }: LiveState, colour: Colour): string[] {
  const groups = services[colour]?.targetGroups;
  const { service, targetGroupArn } = request.workload.colours[colour];
  const other = otherColour(colour);
  const isMixedUp = groups?.includes(request.workload.colours[other].targetGroupArn);
  if (groups === undefined || (groups.includes(targetGroupArn) && !isMixedUp)) return [];
  const hint = isMixedUp
    ? `the manifest names that as ${other}'s: blue and green are mixed up`
    : 'a service keeps the target group it was made with';
  return [
    `${colour}'s service ${service} must register its tasks with ${targetGroupArn}; it does so with ${groups.join(', ') || 'none'}; ${hint}`,
  ];
}

/** The version to release beside, to go back to and to retire: without its service nobody could tell that it is gone. */
function refuseLive(request: ReleaseRequest, { services }: LiveState, live: Colour): string[] {
  const { cluster, colours } = request.workload;
  const { service } = colours[live];
  const found = services[live];
  if (found === null) {
    return [
      `${live} has all traffic, and its service ${service} is not there in cluster ${cluster}; name the service that runs as workload.${live}.service`,
    ];
  }
  if (found.desiredCount > 0) return [];
  return [
    `${live} has all traffic, and its service ${service} is asked to run no task; start its tasks, or name the service that runs as workload.${live}.service`,
  ];
}

function planDatabase(database: DatabaseRequest): DatabasePlan {
  const { softContractMs, oldestVersion } = database;
  return {
    quietWindowMs: database.quietWindowMs,
    contractApproval: database.contractApproval,
    expand: hasPhase(database, 'expand'),
    backfill: hasPhase(database, 'backfill'),
    contract: hasPhase(database, 'contract'),
    ...(database.operations === undefined || database.operations.length === 0 ? {} : { operations: true }),
    ...(softContractMs === undefined || !hasPhase(database, 'contract') ? {} : { softContractMs }),
    ...(oldestVersion === undefined || !hasPhase(database, 'contract') ? {} : { oldestVersion }),
  };
}

function warmWindowOf(request: ReleaseRequest): number {
  return Math.max(request.warmWindowMs, request.traffic.settleMs);
}

function describeSteps(request: ReleaseRequest, idle: Colour, live: Colour): PlanStep[] {
  const { workload, canary, database } = request;
  const files = (phase: 'expand' | 'backfill' | 'contract') =>
    describeMigrations(database ?? { migrations: [] }, phase);
  const steps: (PlanStep | undefined)[] = [
    { name: 'provision', detail: `${workload.colours[idle].service} exists, its test rule points at ${idle}` },
    files('expand') === '' ? undefined : { name: 'expand', detail: files('expand') },
    files('backfill') === '' ? undefined : { name: 'backfill', detail: files('backfill') },
    { name: 'deploy', detail: `${counted(workload.desiredCount, 'task')} of version ${request.version} on ${idle}` },
    { name: 'smoke', detail: request.smoke.paths.join(', ') },
    ...canary.steps.map((step) => ({
      name: `canary ${step.weight} %`,
      detail: `${idle} gets ${step.weight} %, bakes ${durationText(step.bakeMs)}, is judged against ${live}`,
    })),
    { name: 'cut-over', detail: `${idle} gets all traffic` },
    { name: 'keep-warm', detail: `${live} stays at full size for ${durationText(warmWindowOf(request))}` },
    { name: 'retire', detail: `${live} goes to 0 tasks` },
    files('contract') === '' || database?.softContractMs === undefined
      ? undefined
      : {
          name: 'soft-contract',
          detail: `the rights to what goes are taken away for ${durationText(database.softContractMs)}`,
        },
    files('contract') === '' ? undefined : { name: 'contract', detail: files('contract'), pointOfNoReturn: true },
  ];
  return steps.filter((step) => step !== undefined);
}
