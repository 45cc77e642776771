import type { RevisionChange } from '../../domain/effect.js';
import type { ReleaseRef } from '../../domain/lane.js';
import type { ReleaseRequest } from '../../domain/release-request.js';
import type { Actuator } from '../actuator.js';
import type { WorkloadHost } from './workload-host.js';

/**
 * The task definition of a release: found by its tag, since the platform has no token for registering one. It is never
 * withdrawn, so `registered` is the only state that is asked for.
 */
export function createRevisionActuator(parts: {
  readonly host: WorkloadHost;
  readonly readRequest: (release: ReleaseRef) => Promise<ReleaseRequest>;
}): Actuator<RevisionChange> {
  const { host, readRequest } = parts;
  return {
    repeatable: false,
    async observe(change) {
      return (await host.findRevision(change)) === undefined ? 'absent' : 'registered';
    },
    holds: (wanted, found) => wanted === found,
    async act(change, _found, context) {
      const { image, workload } = await readRequest(context.release);
      const { family, releaseTag } = change;
      await host.registerRevision({ family, releaseTag, image, container: workload.container });
    },
  };
}
