import { expect, it } from 'vitest';
import type { MeasureQuery } from '../../activities/metrics/measure.js';
import { abortSignal, approveUpdate, retrySignal, skipSignal } from '../../workflows/messages.js';
import { eventsOf, inputOf, runbookOf } from './history.js';
import { canaryOf, measured, wholeDatabase } from './plan.js';
import { annSays, statusOf, untilGate, untilStep } from './operator.js';
import { withReleases } from './with-releases.js';

const releases = withReleases();

it.concurrent('takes a release without database through the runbook in its order', async () => {
  const world = releases.world({
    canary: canaryOf([
      { weight: 5, bakeMs: 20 },
      { weight: 50, bakeMs: 20 },
    ]),
  });
  const handle = await releases.start(world);
  expect(await handle.result()).toEqual({ lane: world.lane, version: 'v2', outcome: 'released' });
  expect(runbookOf(await eventsOf(handle))).toEqual([
    'admit',
    'provision',
    'deploy',
    'awaitRollout',
    'smoke',
    'shift/5',
    'watchRule',
    'measure',
    'shift/50',
    'watchRule',
    'measure',
    'cut-over',
    'awaitNoRequests',
    'retire',
    'awaitRetired',
    'endRelease',
  ]);
});

it.concurrent(
  'takes the rights away before it contracts where it is asked to, and looks once more at the end',
  async () => {
    const world = releases.world({ database: { ...wholeDatabase, softContractMs: 20 } });
    const handle = await releases.start(world);
    expect(await handle.result()).toMatchObject({ outcome: 'released' });
    const runbook = runbookOf(await eventsOf(handle));
    expect(runbook.slice(runbook.indexOf('awaitRetired'))).toEqual([
      'awaitRetired',
      'awaitContractEvidence',
      'closeOld',
      'watchRule',
      'countReopened',
      'awaitContractEvidence',
      'contract',
      'endRelease',
    ]);
    expect((await statusOf(handle)).steps).toContainEqual(
      expect.objectContaining({ name: 'soft contract', note: 'keeps out shop' }),
    );
  },
);

it.concurrent('gives the rights back before anything else when it is aborted while they are away', async () => {
  const world = releases.world({ database: { ...wholeDatabase, softContractMs: 3_600_000 } });
  const handle = await releases.start(world);
  await untilStep(handle, 'wait for who is kept out');
  await handle.signal(abortSignal, annSays('the nightly job cries'));
  expect(await handle.result()).toMatchObject({ outcome: 'rolled-back', failure: { code: 'aborted' } });
  expect(world.begun.filter((name) => name.startsWith('undo/'))).toEqual([
    'undo/soft-contract',
    'undo/retire',
    'undo/cut-over',
    'undo/deploy',
    'undo/expand',
    'undo/provision/test-rule',
  ]);
});

it.concurrent(
  'does not take a wait for proof in which somebody gave the rights back, and closes and waits anew',
  async () => {
    const world = releases.world({ database: { ...wholeDatabase, softContractMs: 20 } });
    const held = world.hold('countReopened');
    const handle = await releases.start(world);
    await held.begun;
    world.reopened = 2;
    held.release();
    const { gate } = await untilGate(handle, 'wait for who is kept out');
    expect(gate).toMatchObject({
      answers: ['retry', 'abort'],
      reason: expect.stringContaining('found those to 2 of the tables and views given back') as string,
    });
    expect(world.begun).not.toContain('contract');
    await handle.signal(retrySignal, annSays('the report has moved'));
    expect(await handle.result()).toMatchObject({ outcome: 'released' });
    const runbook = runbookOf(await eventsOf(handle));
    expect(runbook.filter((name) => ['closeOld', 'watchRule', 'countReopened'].includes(name)).slice(-6)).toEqual([
      'closeOld',
      'watchRule',
      'countReopened',
      'closeOld',
      'watchRule',
      'countReopened',
    ]);
  },
);

it.concurrent('asks a person before the point of no return when nobody has cried, and not before', async () => {
  const world = releases.world({
    database: { ...wholeDatabase, softContractMs: 20, contractApproval: 'required' },
  });
  world.fail('soft-contract', 'migration-failed', 1);
  const handle = await releases.start(world);
  expect((await untilGate(handle, 'soft contract')).gate?.answers).toEqual(['retry', 'skip', 'abort']);
  await handle.signal(retrySignal, annSays('gave the shop a role of its own'));
  await untilGate(handle, 'begin contract');
  expect(world.begun).not.toContain('contract');
  await handle.executeUpdate(approveUpdate, { args: [{ ...annSays('quiet'), gate: 'begin contract' }] });
  expect(await handle.result()).toMatchObject({ outcome: 'released' });
});

it.concurrent(
  'goes on to contract without a soft one on a person’s word, with all rights back first, and says so at the end',
  async () => {
    const world = releases.world({ database: { ...wholeDatabase, softContractMs: 20 } });
    world.fail('soft-contract', 'migration-failed');
    world.fail('skip soft-contract', 'migration-failed', 1);
    const handle = await releases.start(world);
    await untilGate(handle, 'soft contract');
    await handle.signal(skipSignal, annSays('the shop owns its tables'));
    const { gate } = await untilGate(handle, 'end of soft contract');
    expect(gate?.answers).toEqual(['retry', 'skip', 'abort']);
    expect(world.begun).not.toContain('contract');
    await handle.signal(retrySignal, annSays('granted'));
    const { outcome, failure } = await handle.result();
    expect(outcome).toBe('needs-operator');
    expect(failure).toMatchObject({
      code: 'wait-skipped',
      message: expect.stringContaining('soft contract (ann: the shop owns its tables)') as string,
    });
    const runbook = runbookOf(await eventsOf(handle));
    expect(runbook.slice(runbook.indexOf('closeOld'))).toEqual([
      'closeOld',
      'skipSoftContract',
      'skipSoftContract',
      'awaitContractEvidence',
      'contract',
      'endRelease',
    ]);
    expect(world.releases[0]?.effects.find(({ name }) => name === 'soft-contract')).toMatchObject({
      status: 'skipped',
      note: 'ann: the shop owns its tables',
    });
  },
);

it.concurrent(
  'gives the rights back and goes back when it is aborted while a soft contract that was skipped cannot end',
  async () => {
    const world = releases.world({ database: { ...wholeDatabase, softContractMs: 20 } });
    world.fail('soft-contract', 'migration-failed');
    world.fail('skip soft-contract', 'migration-failed');
    const handle = await releases.start(world);
    await untilGate(handle, 'soft contract');
    await handle.signal(skipSignal, annSays('go on'));
    await untilGate(handle, 'end of soft contract');
    await handle.signal(abortSignal, annSays('rather not'));
    expect(await handle.result()).toMatchObject({ outcome: 'rolled-back', failure: { code: 'aborted' } });
    expect(world.begun.find((name) => name.startsWith('undo/'))).toBe('undo/soft-contract');
    expect(world.begun).not.toContain('contract');
  },
);

it.concurrent('expands before the first new task, and contracts after the last old one', async () => {
  const world = releases.world({ database: wholeDatabase });
  const handle = await releases.start(world);
  expect(await handle.result()).toMatchObject({ outcome: 'released' });
  expect(runbookOf(await eventsOf(handle))).toEqual([
    'admit',
    'provision',
    'expand',
    'backfill',
    'deploy',
    'awaitRollout',
    'smoke',
    'shift/50',
    'watchRule',
    'measure',
    'cut-over',
    'awaitNoRequests',
    'retire',
    'awaitRetired',
    'awaitContractEvidence',
    'contract',
    'endRelease',
  ]);
});

it.concurrent('does nothing after a failed verdict but go back', async () => {
  const world = releases.world({ database: wholeDatabase });
  world.measurements = [measured.bad];
  const handle = await releases.start(world);
  const result = await handle.result();
  expect(result).toMatchObject({ outcome: 'rolled-back', failure: { code: 'verdict-failed' } });
  expect(result.failure?.message).toContain('canary 300 of 1000');
  const lines = runbookOf(await eventsOf(handle));
  expect(lines.slice(lines.indexOf('measure') + 1)).toEqual([
    'beginWayBack',
    'undo/shift/50',
    'undo/deploy',
    'undo/expand',
    'undo/provision/test-rule',
    'proveWayBack',
    'endRelease',
  ]);
});

it.concurrent('measures from the first moment of the bake to its last', async () => {
  const world = releases.world({ canary: canaryOf([{ weight: 50, bakeMs: 1_000 }]) });
  const handle = await releases.start(world);
  await handle.result();
  const { fromMs, toMs } = inputOf(await eventsOf(handle), 'measure') as MeasureQuery;
  expect(toMs - fromMs).toBeGreaterThanOrEqual(1_000);
});

it.concurrent('retries what may succeed later without asking anybody', async () => {
  const world = releases.world();
  world.fail('deploy', 'aws-throttled', 2);
  const handle = await releases.start(world);
  expect(await handle.result()).toMatchObject({ outcome: 'released' });
  expect(world.begun.filter((name) => name === 'deploy')).toHaveLength(3);
});
