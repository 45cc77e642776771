import { WorkflowUpdateFailedError } from '@temporalio/client';
import { describe, expect, it } from 'vitest';
import { abortSignal, approveUpdate, retrySignal } from '../../workflows/messages.js';
import { until } from '../contract/until.js';
import { eventsOf, runbookOf } from './history.js';
import { annSays, statusOf, untilGate } from './operator.js';
import { canaryOf, measured, wholeDatabase } from './plan.js';
import { type ReleaseHandle, withReleases } from './with-releases.js';

const releases = withReleases();
const canary = canaryOf([{ weight: 50, bakeMs: 20 }], 1);
const gate = 'canary 50 %';

describe.concurrent('a canary without an answer', () => {
  it('bakes on while the evidence is thin, and passes when it is not any more', async () => {
    const world = releases.world({ canary });
    world.measurements = [measured.thin, measured.good];
    const handle = await releases.start(world);
    expect(await handle.result()).toMatchObject({ outcome: 'released' });
    expect(world.begun.filter((name) => name === 'measure')).toHaveLength(2);
  });

  it.each([
    ['thin', measured.thin, 'at least 10 requests each are needed'],
    ['missing', measured.nothing, 'CloudWatch does not answer'],
  ])('asks a person after the extra bakes when the evidence is %s', async (_kind, measure, reason) => {
    const world = releases.world({ canary });
    world.measurements = [measure];
    const handle = await releases.start(world);
    const { gate: asked } = await untilGate(handle, gate);
    expect(asked?.reason).toContain(reason);
    expect(asked?.answers).toEqual(['approve', 'retry', 'abort']);
    expect(world.begun.filter((name) => name === 'measure')).toHaveLength(2);

    await approve(handle, gate, 'I looked at the logs');
    expect(await handle.result()).toMatchObject({ outcome: 'released' });
  });

  it('goes back when it is aborted at the gate', async () => {
    const world = releases.world({ canary });
    world.measurements = [measured.thin];
    const handle = await releases.start(world);
    await untilGate(handle, gate);
    await handle.signal(abortSignal, annSays('too few shoppers'));
    expect(await handle.result()).toMatchObject({
      outcome: 'rolled-back',
      failure: { code: 'aborted', message: 'ann: too few shoppers' },
    });
    expect(runbookOf(await eventsOf(handle))).not.toContain('cut-over');
  });

  it('bakes once more on retry, and asks again when that shows nothing new', async () => {
    const world = releases.world({ canary });
    world.measurements = [measured.thin, measured.thin, measured.thin, measured.good];
    const handle = await releases.start(world);
    for (const measurements of [2, 3]) {
      await untilGate(handle, gate);
      expect(world.begun.filter((name) => name === 'measure')).toHaveLength(measurements);
      await handle.signal(retrySignal, annSays('the sale begins at noon'));
    }
    expect(await handle.result()).toMatchObject({ outcome: 'released' });
    expect(world.begun.filter((name) => name === 'measure')).toHaveLength(4);
  });
});

describe.concurrent('contract', () => {
  const database = { ...wholeDatabase, contractApproval: 'required' } as const;

  it('waits for its approval', async () => {
    const world = releases.world({ database });
    const handle = await releases.start(world);
    await untilGate(handle, 'begin contract');
    expect(world.begun).not.toContain('awaitContractEvidence');
    await approve(handle, 'begin contract', 'nobody needs the old columns');
    expect(await handle.result()).toMatchObject({ outcome: 'released' });
    expect(world.begun).toContain('contract');
  });

  it('is not begun when its approval is denied by an abort', async () => {
    const world = releases.world({ database });
    const handle = await releases.start(world);
    await untilGate(handle, 'begin contract');
    await handle.signal(abortSignal, annSays('keep the old columns'));
    expect(await handle.result()).toMatchObject({ outcome: 'rolled-back' });
    expect(world.begun).not.toContain('contract');
  });
});

it('counts once when it is said twice under one request id, as do retry and abort', async () => {
  const world = releases.world({ canary });
  world.measurements = [measured.thin];
  const held = world.hold('cut-over');
  const handle = await releases.start(world);
  await untilGate(handle, gate);
  const retry = { ...annSays('once more'), gate };
  for (let time = 1; time <= 2; time++) await handle.signal(retrySignal, retry);
  await until(
    () => statusOf(handle),
    (status) => status.gate?.name === gate && world.begun.filter((name) => name === 'measure').length === 3,
  );
  const said = { ...annSays('good'), gate };
  const approve = () => handle.executeUpdate(approveUpdate, { args: [said], updateId: 'approve/twice' });
  await approve();
  await held.begun;
  await approve();
  const abort = annSays('carts');
  for (let time = 1; time <= 2; time++) await handle.signal(abortSignal, abort);
  held.release();
  expect(await handle.result()).toMatchObject({ outcome: 'rolled-back' });
  const { decisions } = await statusOf(handle);
  const heard = decisions.flatMap(({ text }) => /^(retry|approve|abort)\b/.exec(text)?.[0] ?? []);
  expect(heard).toEqual(['retry', 'approve', 'abort']);
});

it('may be given with one request id at one gate after the other, as by a CI job', async () => {
  const world = releases.world({ canary, database: { ...wholeDatabase, contractApproval: 'required' } });
  world.measurements = [measured.thin];
  const handle = await releases.start(world);
  for (const name of [gate, 'begin contract']) {
    await untilGate(handle, name);
    const said = { actor: 'ci', reason: 'checked', requestId: 'job-7', gate: name };
    await handle.executeUpdate(approveUpdate, { args: [said], updateId: `approve/${name}/job-7` });
  }
  expect(await handle.result()).toMatchObject({ outcome: 'released' });
});

describe.concurrent('an approval nobody waits for', () => {
  it('is refused while nothing is asked, and leaves nothing in the history', async () => {
    const world = releases.world();
    const held = world.hold('deploy');
    const handle = await releases.start(world);
    await held.begun;
    await expectRefused(handle, gate, 'nothing waits for an approval; the release is at deploy');
    held.release();
    await handle.result();
  });

  it('is refused at another gate, and the gate stays open', async () => {
    const world = releases.world({ canary });
    world.measurements = [measured.thin];
    const handle = await releases.start(world);
    await untilGate(handle, gate);
    await expectRefused(handle, 'begin contract', `begin contract was approved, but ${gate} waits`);
    expect((await statusOf(handle)).gate?.name).toBe(gate);
    await approve(handle, gate, 'good');
    await handle.result();
  });

  it('is refused where only retry and skip help', async () => {
    const world = releases.world();
    world.fail('deploy', 'aws-refused');
    world.fail('undo/deploy', 'aws-refused', 1);
    const handle = await releases.start(world);
    expect((await untilGate(handle, 'undo/deploy')).goingBack).toBe(true);
    await expectRefused(handle, 'undo/deploy', 'undo/deploy can be answered with retry, skip');
    await handle.signal(retrySignal, annSays('mended'));
    expect(await handle.result()).toMatchObject({ outcome: 'rolled-back' });
  });
});

async function approve(handle: ReleaseHandle, name: string, reason: string): Promise<void> {
  const answer = await handle.executeUpdate(approveUpdate, { args: [{ ...annSays(reason), gate: name }] });
  expect(answer).toEqual({ gate: name });
}

async function expectRefused(handle: ReleaseHandle, name: string, message: string): Promise<void> {
  const before = await lastingEventsOf(handle);
  const refused = await handle
    .executeUpdate(approveUpdate, { args: [{ ...annSays('go on'), gate: name }] })
    .catch((error: unknown) => error);
  expect(refused).toBeInstanceOf(WorkflowUpdateFailedError);
  expect((refused as WorkflowUpdateFailedError).cause?.message).toBe(message);
  expect(await lastingEventsOf(handle)).toEqual(before);
}

/** The server may keep the workflow task that asked the validator; of what was asked it keeps nothing. */
async function lastingEventsOf(handle: ReleaseHandle) {
  return (await eventsOf(handle)).filter(
    (event) =>
      !event.workflowTaskScheduledEventAttributes &&
      !event.workflowTaskStartedEventAttributes &&
      !event.workflowTaskCompletedEventAttributes &&
      !event.workflowTaskTimedOutEventAttributes,
  );
}
