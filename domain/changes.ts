import type { Colour } from './colour.js';
import type { RevisionChange, RightsChange, SchemaChange, ServiceChange, TrafficChange } from './effect.js';
import { laneName } from './lane.js';
import { type MigrationPhase, versionsOf } from './migration.js';
import type { Plan } from './plan.js';
import type { ReleaseRequest } from './release-request.js';
import { weightsFor } from './traffic.js';

/** The effects of the runbook as changes: which resource, and the state it is to be in. */

export function registerRevision(request: ReleaseRequest, plan: Plan): RevisionChange {
  const { cluster, colours } = request.workload;
  return {
    kind: 'revision',
    family: request.lane.service,
    releaseTag: `${laneName(request.lane)}/${request.version}`,
    template: { cluster, service: colours[plan.live].service },
    state: 'registered',
  };
}

/** The idle colour's service, at size 0 when it is made new. */
export function provideService(request: ReleaseRequest, colour: Colour, taskDefinitionArn: string): ServiceChange {
  return resizeService(request, colour, taskDefinitionArn, 0);
}

export function deployVersion(request: ReleaseRequest, plan: Plan, taskDefinitionArn: string): ServiceChange {
  return resizeService(request, plan.idle, taskDefinitionArn, plan.desiredCount);
}

export function resizeService(
  request: ReleaseRequest,
  colour: Colour,
  taskDefinitionArn: string,
  desiredCount: number,
): ServiceChange {
  return {
    kind: 'service',
    cluster: request.workload.cluster,
    service: request.workload.colours[colour].service,
    state: { taskDefinitionArn, desiredCount },
  };
}

/** The test rule sends everything to the idle colour; nobody but the smoke test matches it, so no target need be healthy yet. */
export function pointTestRule(request: ReleaseRequest, plan: Plan): TrafficChange {
  return {
    kind: 'traffic',
    rule: 'test',
    ruleArn: request.traffic.testRuleArn,
    targetGroups: targetGroups(request),
    state: weightsFor(plan.idle, 100),
    minHealthy: { blue: 0, green: 0 },
  };
}

/** `percent` of the shoppers to the idle colour, which must have all its targets healthy; the old one keeps at least one. */
export function shiftTraffic(request: ReleaseRequest, plan: Plan, percent: number): TrafficChange {
  return {
    kind: 'traffic',
    rule: 'production',
    ruleArn: request.traffic.ruleArn,
    targetGroups: targetGroups(request),
    state: weightsFor(plan.idle, percent),
    minHealthy: plan.idle === 'blue' ? { blue: plan.desiredCount, green: 1 } : { blue: 1, green: plan.desiredCount },
  };
}

export function targetGroups(request: ReleaseRequest): Readonly<Record<Colour, string>> {
  const { blue, green } = request.workload.colours;
  return { blue: blue.targetGroupArn, green: green.targetGroupArn };
}

export function applyMigrations(request: ReleaseRequest, phase: MigrationPhase): SchemaChange {
  return { kind: 'schema', phase, state: versionsOf(request.database ?? { migrations: [] }, phase) };
}

export const closeOld: RightsChange = { kind: 'rights', state: 'closed' };
