import { describe, expect } from 'vitest';
import { laneWorkflowId, recoveryWorkflowId, releaseWorkflowId } from '../../domain/lane.js';
import type { ReleaseResult, ReleaseStatus } from '../../domain/release-state.js';
import type { Weights } from '../../domain/traffic.js';
import { refOf, withShopStack } from '../support/shop-stack.js';
import { withLiveRule } from '../support/live-rule.js';
import { itWithEverything } from '../support/everything.js';

const it = itWithEverything('what operators do to releases, Temporal and the rule by hand');

// One story, in order: what operators and accidents do to releases of one lane, under load throughout.

const shop = withShopStack();
const { lane } = refOf('');
const baking = ({ step }: ReleaseStatus) => step.startsWith('bake');
const run = (version: string) => shop.current.client.workflow.getHandle(releaseWorkflowId(lane, version));
const liveWeights = (): Promise<Weights> => withLiveRule(shop.current.stack, (rule) => rule.weights());

describe('an operator', () => {
  it('has the old version back when aborting in the middle of a bake', async () => {
    const { release, sluice } = shop.current;
    const watch = await release('abort', { bake: '60s' });
    await watch.until('the bake', baking);
    expect(await sluice('abort', 'demo/shop/abort', '--reason', 'wrong ticket')).toMatchObject({ exitCode: 0 });
    const result = await watch.ended();
    expect(result).toMatchObject({ outcome: 'rolled-back', failure: { code: 'aborted' } });
    expect(result.failure?.message).toContain('wrong ticket');
    expect(await liveWeights()).toEqual({ blue: 100, green: 0 });
  });

  it('gets the same answer again for a release that has ended, and nothing starts twice', async () => {
    const { sluice, manifest } = shop.current;
    const { runId } = await run('abort').describe();
    expect(await sluice('release', manifest('abort', { bake: '60s' }), '--wait')).toMatchObject({ exitCode: 4 });
    expect(await run('abort').describe()).toMatchObject({ runId });
  });

  it('is refused other content under a release id that was admitted, with both hashes', async () => {
    const { sluice, manifest } = shop.current;
    const { exitCode, stdout, stderr } = await sluice('release', manifest('abort', { bake: '61s' }));
    expect(exitCode).toBe(3);
    const hashes = new Set(`${stdout}${stderr}`.match(/[0-9a-f]{64}/g));
    expect(hashes.size).toBe(2);
  });

  it('can abort while every worker is down: the word waits, and the next worker goes back', async () => {
    const { release, sluice, stack } = shop.current;
    const watch = await release('down', { bake: '60s' });
    await watch.until('the bake', baking);
    await stack.worker().kill();
    expect(await sluice('abort', 'demo/shop/down', '--reason', 'worker is gone')).toMatchObject({ exitCode: 0 });
    await stack.startWorker();
    expect(await watch.ended()).toMatchObject({ outcome: 'rolled-back', failure: { code: 'aborted' } });
    expect(await liveWeights()).toEqual({ blue: 100, green: 0 });
  });
});

describe('an operator who sees the new version misbehave', () => {
  it('takes it back from its warm window with one weight change, by the name of the service alone', async () => {
    const { release, sluice } = shop.current;
    const watch = await release('warm', { warmWindow: '60s' });
    await watch.until('the warm window', ({ phase }) => phase === 'keep-warm');
    const rollback = await sluice('rollback', 'demo/shop', '--reason', 'carts are empty');
    expect(rollback).toMatchObject({
      exitCode: 0,
      stdout: expect.stringContaining('One weight change gives blue all'),
    });
    expect(await watch.ended()).toMatchObject({ outcome: 'rolled-back', trafficBackMs: expect.any(Number) });
    expect(await liveWeights()).toEqual({ blue: 100, green: 0 });
    const names = watch.status()?.steps.map(({ name }) => name) ?? [];
    expect(names.slice(names.indexOf('keep warm') + 1, names.indexOf('keep warm') + 2)).toEqual(['undo/cut-over']);
    const again = await sluice('rollback', 'demo/shop', '--reason', 'again');
    expect(again).toMatchObject({ exitCode: 3, stderr: expect.stringContaining('nothing runs in demo/shop') });
  });

  it('lets go of the next release, which waits', async () => {
    const { release, sluice, manifest } = shop.current;
    const watch = await release('before', { bake: '60s' });
    await watch.until('the bake', baking);
    expect(await sluice('release', manifest('waiting'))).toMatchObject({ exitCode: 0 });
    const abort = (version: string) => sluice('abort', `demo/shop/${version}`, '--reason', 'not today');
    expect(await abort('waiting')).toMatchObject({ exitCode: 0, stdout: expect.stringContaining('out of the queue') });
    expect(await abort('before')).toMatchObject({ exitCode: 0 });
    expect(await watch.ended()).toMatchObject({ outcome: 'rolled-back' });
    expect(await liveWeights()).toEqual({ blue: 100, green: 0 });
  });
});

describe('somebody who means well', () => {
  it('takes the same way back with a raw cancel as with an abort', async () => {
    const watch = await shop.current.release('cancel', { bake: '60s' });
    await watch.until('the bake', baking);
    await run('cancel').cancel();
    expect(await watch.ended()).toMatchObject({ outcome: 'rolled-back', failure: { code: 'aborted' } });
    expect(await liveWeights()).toEqual({ blue: 100, green: 0 });
  });

  it('terminates a run, and the lane recovers the release from the ledger, the schema included', async () => {
    const { client, release } = shop.current;
    const watch = await release('lost', { runs: '2', migrates: true, bake: '60s' });
    await watch.until('the bake', baking);
    await run('lost').terminate('somebody meant well');
    const recovery = client.workflow.getHandle<() => Promise<ReleaseResult>>(recoveryWorkflowId(lane, 'lost'));
    const state = () =>
      recovery.describe().then(
        ({ status }) => status.name,
        () => 'not there',
      );
    await expect.poll(state, { timeout: 60_000 }).toBe('COMPLETED');
    const result = await recovery.result();
    expect(result).toMatchObject({ outcome: 'rolled-back' });
    expect(result.failure?.message).toContain('the run was lost');
    expect(await liveWeights()).toEqual({ blue: 100, green: 0 });
  });

  it('changes the rule by hand and halts the release, which goes on when the rule is put back', async () => {
    const { release, sluice, stack } = shop.current;
    const watch = await release('drift', { bake: '4s', steps: [10, 30] });
    await watch.until('the bake', baking);
    await withLiveRule(stack, (rule) => rule.changeByHand({ blue: 80, green: 20 }));
    const { gate } = await watch.until('the halt', ({ phase }) => phase === 'needs-operator');
    expect(gate?.reason).toMatch(/expected blue 90, green 10, found blue 80, green 20/);
    expect(gate?.name).toBe('bake 10 %');
    expect((await sluice('status', 'demo/shop/drift')).stdout).toContain('traffic-drift');
    expect(await liveWeights()).toEqual({ blue: 80, green: 20 });

    await withLiveRule(stack, (rule) => rule.changeByHand({ blue: 90, green: 10 }));
    expect(await sluice('retry', 'demo/shop/drift', '--reason', 'it was me')).toMatchObject({ exitCode: 0 });
    expect(await watch.ended()).toMatchObject({ outcome: 'released' });
    expect(await liveWeights()).toEqual({ blue: 0, green: 100 });
  });

  it('terminates the lane, and the release goes on; the next lane waits for it instead of starting it twice', async () => {
    const { client, release } = shop.current;
    const first = await release('first', { bake: '4s' });
    await first.until('the bake', baking);
    const { runId } = await run('first').describe();
    await client.workflow.getHandle(laneWorkflowId(lane)).terminate('cleaning up');
    const second = await release('second');
    expect(await first.ended()).toMatchObject({ outcome: 'released' });
    expect(await second.ended()).toMatchObject({ outcome: 'released' });
    expect(await run('first').describe()).toMatchObject({ runId });
    const [ended, begun] = await Promise.all([run('first').describe(), run('second').describe()]);
    expect(begun.startTime.getTime()).toBeGreaterThanOrEqual(ended.closeTime?.getTime() ?? Infinity);
    expect(await liveWeights()).toEqual({ blue: 0, green: 100 });
  });
});

describe('a release that needs a person', () => {
  it('asks before contract, refuses an approval of anything else, and takes a yes', async () => {
    const { release, sluice } = shop.current;
    const watch = await release('2', { runs: '2', migrates: true, contractApproval: 'required' });
    await watch.until('the question', ({ gate }) => gate?.name === 'begin contract');
    expect(await sluice('approve', 'demo/shop/2', '--gate', 'canary 20 %', '--reason', 'typo')).toMatchObject({
      exitCode: 3,
    });
    expect(await sluice('approve', 'demo/shop/2', '--reason', 'looks good')).toMatchObject({ exitCode: 0 });
    expect(await watch.ended()).toMatchObject({ outcome: 'released' });
  });
});

describe('all the while', () => {
  it('no shopper has noticed', async () => {
    const { requests, ...found } = await shop.current.verdict();
    expect(found).toMatchObject({ failed: 0, failures: [], lost: 0, twice: 0, changed: 0 });
    expect(requests).toBeGreaterThan(200);
  });
});
