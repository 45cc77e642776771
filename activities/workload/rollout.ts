import { sleep } from '@temporalio/activity';
import { type Colour, colours } from '../../domain/colour.js';
import type { Change } from '../../domain/effect.js';
import { ReleaseError } from '../../domain/failure.js';
import type { ReleaseRef } from '../../domain/lane.js';
import type { ReleaseRequest } from '../../domain/release-request.js';
import type { PlatformOf } from '../platform.js';
import { reportProgress } from '../progress.js';

const pollMs = 500;

export interface RolloutParts {
  readonly platformOf: PlatformOf;
  readonly readRequest: (release: ReleaseRef) => Promise<ReleaseRequest>;
}

export interface RolloutQuery {
  readonly release: ReleaseRef;
  readonly colour: Colour;
  readonly revision: string;
  readonly desiredCount: number;
  /** Epoch milliseconds of workflow time, so that a retried attempt does not start the clock again. */
  readonly deadlineAt: number;
}

/** Waits, reading only; ends when its release no longer waits for it. */
export function createRollout({ platformOf, readRequest }: RolloutParts) {
  const rollout = {
    /** Until the platform is done and every task of the revision is a healthy target. */
    async awaitRollout(query: RolloutQuery): Promise<void> {
      const request = await readRequest(query.release);
      const { host, router } = platformOf(request);
      const { service, targetGroupArn } = request.workload.colours[query.colour];
      const wanted = { taskDefinitionArn: query.revision, desiredCount: query.desiredCount };
      for (;;) {
        const rollout = await host.observeService({ cluster: request.workload.cluster, service }, wanted);
        if (rollout.kind === 'failed') throw new ReleaseError('rollout-failed', `${service}: ${rollout.reason}`);
        const targets = await router.readTargets(targetGroupArn);
        const healthy = targets.filter((target) => target.health === 'healthy').map((target) => target.address);
        if (rollout.kind === 'completed' && rollout.addresses.every((address) => healthy.includes(address))) {
          if (healthy.length >= query.desiredCount) return;
        }
        const progress = `${rollout.running} of ${query.desiredCount} tasks running, ${healthy.length} healthy targets`;
        if (Date.now() > query.deadlineAt)
          throw new ReleaseError('rollout-timeout', `${service}: ${progress} at the deadline`);
        reportProgress(progress);
        await sleep(pollMs);
      }
    },

    /** The same for a service that was brought back to a size; nothing to wait for at size 0. */
    async awaitHealthy(release: ReleaseRef, change: Change): Promise<void> {
      if (change.kind !== 'service' || change.state === null || change.state.desiredCount === 0) return;
      const { workload } = await readRequest(release);
      const colour = colours.find((candidate) => workload.colours[candidate].service === change.service);
      if (colour === undefined) return;
      const { taskDefinitionArn: revision, desiredCount } = change.state;
      await rollout.awaitRollout({
        release,
        colour,
        revision,
        desiredCount,
        deadlineAt: Date.now() + workload.rolloutTimeoutMs,
      });
    },
  };
  return rollout;
}
