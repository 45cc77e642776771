import { createHash } from 'node:crypto';
import { targetGroups } from '../../domain/changes.js';
import { type Colour, colours, otherColour } from '../../domain/colour.js';
import type { ServiceChange, ServiceState } from '../../domain/effect.js';
import { ReleaseError } from '../../domain/failure.js';
import { type ReleaseRef, laneName } from '../../domain/lane.js';
import type { ReleaseRequest } from '../../domain/release-request.js';
import type { Actuator } from '../actuator.js';
import type { PlatformOf } from '../platform.js';
import { readWeights } from '../traffic/traffic-actuator.js';

/** A colour's service: its task definition and size. Waiting until its targets are healthy is a step of its own. */
export function createServiceActuator(parts: {
  readonly platformOf: PlatformOf;
  readonly readRequest: (release: ReleaseRef) => Promise<ReleaseRequest>;
}): Actuator<ServiceChange> {
  const { platformOf, readRequest } = parts;
  return {
    repeatable: true,
    observe: async (change, { release }) => platformOf(await readRequest(release)).host.readService(change),
    holds: sameService,
    async act(change, found, context) {
      const request = await readRequest(context.release);
      const { host } = platformOf(request);
      if ((change.state?.desiredCount ?? 0) < (found?.desiredCount ?? 0)) {
        await refuseWithTraffic(change, request);
        await context.fence();
      }
      if (change.state === null || (change.state.desiredCount === 0 && found !== null)) {
        // A deleted service would lose its target group, so "was not there" is brought back as "has no tasks"; and with
        // no tasks its revision stays: the one it had before may have become unusable meanwhile.
        if (found !== null) await host.changeService(change, { ...found, desiredCount: 0 });
      } else if (found === null) {
        await create(change, change.state, request);
      } else {
        await host.changeService(change, change.state);
      }
    },
  };

  /** Whoever orders it, and whatever was skipped before: tasks that shoppers are sent to are not stopped. */
  async function refuseWithTraffic(change: ServiceChange, request: ReleaseRequest): Promise<void> {
    const colour = colourOf(change, request);
    const rule = { ruleArn: request.traffic.ruleArn, targetGroups: targetGroups(request) };
    const weight = (await readWeights(platformOf(request).router, rule))[colour];
    if (weight === 0) return;
    throw new ReleaseError(
      'traffic-drift',
      `expected weight 0 on ${colour} before tasks of ${change.service} are stopped, found ${weight}`,
    );
  }

  async function create(
    change: ServiceChange,
    state: NonNullable<ServiceState>,
    request: ReleaseRequest,
  ): Promise<void> {
    const colour = colourOf(change, request);
    const { healthCheckGraceSeconds, colours } = request.workload;
    await platformOf(request).host.createService({
      cluster: change.cluster,
      service: change.service,
      ...state,
      targetGroupArn: colours[colour].targetGroupArn,
      container: request.workload.container,
      ...(healthCheckGraceSeconds === undefined ? {} : { healthCheckGraceSeconds }),
      template: { cluster: change.cluster, service: colours[otherColour(colour)].service },
      token: creationToken(request, change.service),
    });
  }
}

function colourOf({ service }: ServiceChange, request: ReleaseRequest): Colour {
  const colour = colours.find((candidate) => request.workload.colours[candidate].service === service);
  if (colour !== undefined) return colour;
  throw new ReleaseError('plan-refused', `service ${service} is neither blue nor green in the manifest`);
}

/** Without tasks, which revision a service would run is nobody's state. */
function sameService(wanted: ServiceState, found: ServiceState): boolean {
  if (wanted === null) return found === null || found.desiredCount === 0;
  if (found === null) return false;
  if (wanted.desiredCount === 0) return found.desiredCount === 0;
  return wanted.desiredCount === found.desiredCount && wanted.taskDefinitionArn === found.taskDefinitionArn;
}

/** At most 36 ASCII characters, the same for every attempt of one release. */
function creationToken(request: ReleaseRequest, service: string): string {
  return createHash('sha256')
    .update(`${laneName(request.lane)}/${request.version}/${service}`)
    .digest('hex')
    .slice(0, 32);
}
