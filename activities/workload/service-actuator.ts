import { createHash } from 'node:crypto';
import { colours } from '../../domain/colour.js';
import type { ServiceChange, ServiceState } from '../../domain/effect.js';
import { ReleaseError } from '../../domain/failure.js';
import { type ReleaseRef, laneName } from '../../domain/lane.js';
import type { ReleaseRequest } from '../../domain/release-request.js';
import type { Actuator } from '../actuator.js';
import type { WorkloadHost } from './workload-host.js';

/** A colour's service: its task definition and size. Waiting until its targets are healthy is a step of its own. */
export function createServiceActuator(parts: {
  readonly host: WorkloadHost;
  readonly readRequest: (release: ReleaseRef) => Promise<ReleaseRequest>;
}): Actuator<ServiceChange> {
  const { host, readRequest } = parts;
  return {
    observe: (change) => host.readService(change),
    holds: sameService,
    async act(change, found, context) {
      if (change.state === null || (change.state.desiredCount === 0 && found !== null)) {
        // A deleted service would lose its target group, so "was not there" is brought back as "has no tasks"; and with
        // no tasks its revision stays: the one it had before may have become unusable meanwhile.
        if (found !== null) await host.changeService(change, { ...found, desiredCount: 0 });
      } else if (found === null) {
        await create(change, change.state, await readRequest(context.release));
      } else {
        await host.changeService(change, change.state);
      }
    },
  };

  async function create(
    change: ServiceChange,
    state: NonNullable<ServiceState>,
    request: ReleaseRequest,
  ): Promise<void> {
    const colour = colours.find((candidate) => request.workload.colours[candidate].service === change.service);
    if (colour === undefined) {
      throw new ReleaseError('plan-refused', `service ${change.service} is neither blue nor green in the manifest`);
    }
    await host.createService({
      cluster: change.cluster,
      service: change.service,
      ...state,
      targetGroupArn: request.workload.colours[colour].targetGroupArn,
      container: request.workload.container,
      token: creationToken(request, change.service),
    });
  }
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
