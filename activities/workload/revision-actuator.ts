import type { RevisionChange } from '../../domain/effect.js';
import type { ReleaseRef } from '../../domain/lane.js';
import type { ReleaseRequest } from '../../domain/release-request.js';
import type { Actuator } from '../actuator.js';
import type { PlatformOf } from '../platform.js';

/**
 * The task definition of a release: found by its tag, since the platform has no token for registering one. It is never
 * withdrawn, so `registered` is the only state that is asked for.
 */
export function createRevisionActuator(parts: {
  readonly platformOf: PlatformOf;
  readonly readRequest: (release: ReleaseRef) => Promise<ReleaseRequest>;
}): Actuator<RevisionChange> {
  const { platformOf, readRequest } = parts;
  return {
    repeatable: false,
    async observe(change, { release }) {
      const { host } = platformOf(await readRequest(release));
      return (await host.findRevision(change)) === undefined ? 'absent' : 'registered';
    },
    holds: (wanted, found) => wanted === found,
    async act(change, _found, context) {
      const request = await readRequest(context.release);
      const { image, workload } = request;
      const { family, releaseTag, template } = change;
      const { container } = workload;
      await platformOf(request).host.registerRevision({ family, releaseTag, template, image, container });
    },
  };
}
