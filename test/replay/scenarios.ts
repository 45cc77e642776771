import type { WorkflowHandle } from '@temporalio/client';
import { recoveryWorkflowId, releaseWorkflowId } from '../../domain/lane.js';
import {
  abortSignal,
  approveUpdate,
  pauseSignal,
  resumeSignal,
  retrySignal,
  skipSignal,
} from '../../workflows/messages.js';
import { laneOf, submit } from '../workflows/lane-client.js';
import { annSays, untilDecided, untilGate, untilStarted, untilStep } from '../workflows/operator.js';
import { canaryOf, measured, wholeDatabase } from '../workflows/plan.js';
import type { ReleaseHandle, Releases } from '../workflows/with-releases.js';

type Recorded = Pick<WorkflowHandle, 'fetchHistory' | 'result'>;

/** A run that is worth keeping, as it went against a real server; the name is its file's and its service's. */
export interface Scenario {
  readonly name: string;
  readonly play: (releases: Releases, service: string) => Promise<Recorded>;
}

const twoSteps = canaryOf([
  { weight: 5, bakeMs: 20 },
  { weight: 50, bakeMs: 20 },
]);

const softly = { ...wholeDatabase, softContractMs: 20 };

export const scenarios: readonly Scenario[] = [
  {
    name: 'released-with-database',
    async play(releases, service) {
      const world = releases.world({ database: wholeDatabase, canary: twoSteps }, service);
      return releases.start(world);
    },
  },
  {
    name: 'rolled-back-by-verdict',
    async play(releases, service) {
      const world = releases.world({ database: wholeDatabase, canary: twoSteps }, service);
      world.measurements = [measured.good, measured.bad];
      return releases.start(world);
    },
  },
  {
    name: 'refused',
    async play(releases, service) {
      const world = releases.world({}, service);
      world.fail('admit', 'plan-refused');
      return releases.start(world);
    },
  },
  {
    name: 'aborted-in-a-bake',
    async play(releases, service) {
      const world = releases.world({ canary: canaryOf([{ weight: 50, bakeMs: 3_600_000 }]) }, service);
      const handle = await releases.start(world);
      await untilStep(handle, 'bake 50 %');
      await handle.signal(abortSignal, annSays('support calls'));
      return handle;
    },
  },
  {
    name: 'cancelled-in-a-shift',
    async play(releases, service) {
      const world = releases.world({}, service);
      const held = world.hold('shift/50');
      const handle = await releases.start(world);
      await held.begun;
      await handle.cancel();
      held.release();
      return handle;
    },
  },
  {
    name: 'paused-and-approved',
    async play(releases, service) {
      const database = { ...wholeDatabase, contractApproval: 'required' } as const;
      const world = releases.world({ database, canary: canaryOf([{ weight: 50, bakeMs: 20 }], 1) }, service);
      world.measurements = [measured.thin, measured.nothing];
      const held = world.hold('deploy');
      const handle = await releases.start(world);
      await held.begun;
      await handle.signal(pauseSignal, annSays('lunch'));
      await handle.signal(resumeSignal, annSays('back'));
      held.release();
      for (const gate of ['canary 50 %', 'begin contract']) {
        await untilGate(handle, gate);
        await handle.executeUpdate(approveUpdate, { args: [{ ...annSays('good'), gate }] });
      }
      return handle;
    },
  },
  {
    name: 'drifted',
    async play(releases, service) {
      const world = releases.world({}, service);
      const held = world.hold('measure');
      const handle = await releases.start(world);
      await held.begun;
      world.weights = { blue: 80, green: 20 };
      held.release();
      await untilGate(handle, 'cut-over');
      world.weights = { blue: 50, green: 50 };
      await handle.signal(retrySignal, annSays('put back'));
      return handle;
    },
  },
  {
    name: 'drifted-in-a-bake',
    async play(releases, service) {
      const world = releases.world({}, service);
      const held = world.hold('watchRule');
      const handle = await releases.start(world);
      await held.begun;
      world.weights = { blue: 80, green: 20 };
      held.release();
      await untilGate(handle, 'bake 50 %');
      world.weights = { blue: 50, green: 50 };
      await handle.signal(retrySignal, annSays('put back'));
      return handle;
    },
  },
  {
    name: 'needs-operator',
    async play(releases, service) {
      const world = releases.world({}, service);
      world.fail('retire', 'aws-refused');
      world.fail('undo/deploy', 'aws-refused');
      const handle = await releases.start(world);
      await untilGate(handle, 'undo/deploy');
      await handle.signal(skipSignal, annSays('stopped the tasks by hand'));
      return handle;
    },
  },
  {
    name: 'recovered',
    async play(releases, service) {
      const world = releases.world({}, service);
      const held = world.hold('shift/50');
      await submit(releases, world, 'v2');
      await held.begun;
      await releaseOf(releases, service).terminate();
      const recovery = releases.client.workflow.getHandle(recoveryWorkflowId(world.lane, 'v2'));
      await untilStarted(recovery);
      held.release();
      return recovery;
    },
  },
  {
    name: 'recovered-past-the-point-of-no-return',
    async play(releases, service) {
      const world = releases.world({ database: wholeDatabase }, service);
      const held = world.hold('contract');
      await submit(releases, world, 'v2');
      await held.begun;
      await releaseOf(releases, service).terminate();
      held.release();
      const recovery = releases.client.workflow.getHandle(recoveryWorkflowId(world.lane, 'v2'));
      await untilStarted(recovery);
      return recovery;
    },
  },
  {
    // Of before a soft contract could be skipped: such a run refuses it to its end.
    name: 'soft-contract-not-skipped',
    async play(releases, service) {
      const world = releases.world({ database: softly }, service);
      world.fail('soft-contract', 'migration-failed', 1);
      const handle = await releases.start(world);
      await untilGate(handle, 'soft contract');
      await handle.signal(skipSignal, annSays('go on'));
      await untilDecided(handle, 'skip refused, nothing waits for it: go on');
      await handle.signal(retrySignal, annSays('mended'));
      return handle;
    },
  },
  {
    name: 'soft-contract-skipped',
    async play(releases, service) {
      const world = releases.world({ database: softly }, service);
      world.fail('soft-contract', 'migration-failed');
      const handle = await releases.start(world);
      await untilGate(handle, 'soft contract');
      await handle.signal(skipSignal, annSays('the shop owns its tables'));
      return handle;
    },
  },
  {
    name: 'lane-with-two-releases',
    async play(releases, service) {
      const world = releases.world({}, service);
      // Both are there when the lane looks for work.
      const held = world.hold('openReleases');
      await submit(releases, world, 'v2');
      await held.begun;
      await submit(releases, world, 'v3');
      held.release();
      return laneOf(releases, world);
    },
  },
];

function releaseOf(releases: Releases, service: string): ReleaseHandle {
  return releases.client.workflow.getHandle(releaseWorkflowId({ environment: 'test', service }, 'v2'));
}
