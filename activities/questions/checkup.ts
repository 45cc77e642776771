import { targetGroups } from '../../domain/changes.js';
import type { Colour } from '../../domain/colour.js';
import type { ColourFacts, ReleaseFacts, WorkerFacts } from '../../domain/doctor/facts.js';
import type { ReleaseRequest } from '../../domain/release-request.js';
import { parseSubmission } from '../admission/read-request.js';
import type { Inspector, InspectorOf } from '../inspection/inspector.js';
import { look } from '../inspection/look.js';

export interface CheckupQuestion {
  /** As parsed YAML; looks at everything a release of it would touch. */
  readonly manifest?: unknown;
}

export function createCheckupQuestion(inspectorOf: InspectorOf) {
  return {
    /** What this worker sees. One thing that cannot be seen keeps none of the others from being looked at. */
    async checkup({ manifest }: CheckupQuestion): Promise<WorkerFacts> {
      const request = manifest === undefined ? undefined : parseSubmission({ manifest, migrations: [] });
      const inspector = inspectorOf(request ?? {});
      const [ledger, awsClock, permissions, service] = await Promise.all([
        look(() => inspector.readLedger()),
        look(() => inspector.readAwsClock()),
        inspector.tryPermissions(request),
        request === undefined ? undefined : inspectRelease(inspector, request),
      ]);
      return { at: Date.now(), ledger, awsClock, permissions, ...(service === undefined ? {} : { service }) };
    },
  };
}

async function inspectRelease(inspector: Inspector, request: ReleaseRequest): Promise<ReleaseFacts> {
  const { traffic, database } = request;
  const [rule, testRule, blue, green, metrics, found] = await Promise.all([
    look(() => inspector.readRule(traffic.ruleArn)),
    look(() => inspector.readRule(traffic.testRuleArn)),
    inspectColour(inspector, request, 'blue'),
    inspectColour(inspector, request, 'green'),
    look(() => inspector.measure(request, targetGroups(request))),
    database === undefined ? undefined : look(() => inspector.readDatabase(database)),
  ]);
  const smoke = await inspector.reach(healthUrl(request, blue));
  const colours = { blue, green };
  return { rule, testRule, colours, metrics, smoke, ...(found === undefined ? {} : { database: found }) };
}

/** Where the load balancer itself looks, since it is made to be asked; else the first path of the smoke test. */
function healthUrl({ smoke }: ReleaseRequest, { targetGroup }: ColourFacts): URL {
  const path = 'seen' in targetGroup ? targetGroup.seen.healthCheck.path : smoke.paths[0];
  return new URL(path ?? '/', smoke.url);
}

async function inspectColour(inspector: Inspector, request: ReleaseRequest, colour: Colour): Promise<ColourFacts> {
  const { cluster, colours } = request.workload;
  const { service: name, targetGroupArn } = colours[colour];
  const [targetGroup, targets, service] = await Promise.all([
    look(() => inspector.readTargetGroup(targetGroupArn)),
    look(() => inspector.readTargets(targetGroupArn)),
    look(() => inspector.readService({ cluster, service: name })),
  ]);
  return { targetGroup, targets, service };
}
