import { defineSearchAttributeKey, SearchAttributeType } from '@temporalio/common';
import { beforeAll, expect, it } from 'vitest';
import { releaseWorkflowId } from '../../domain/lane.js';
import type { SearchAttributeName } from '../../domain/search-attributes.js';
import { approveUpdate, pauseSignal, resumeSignal, skipSignal } from '../../workflows/messages.js';
import { until } from '../contract/until.js';
import { type HistoryEvent, decode, eventsOf } from './history.js';
import { laneOf, submit } from './lane-client.js';
import { annSays, detailsOf, untilDecided, untilGate } from './operator.js';
import { canaryOf, measured } from './plan.js';
import { type ReleaseHandle, withReleases } from './with-releases.js';
import type { World } from './world.js';

// One release in which everything is decided that can be, read afterwards as an auditor would.

const releases = withReleases();
const audited = {} as { world: World; handle: ReleaseHandle; waiting: Waiting; details: string };

interface Waiting {
  readonly details: string;
  readonly memo: unknown;
  readonly phase: unknown;
}

beforeAll(async () => {
  const world = releases.world({
    canary: canaryOf([{ weight: 50, bakeMs: 20 }]),
    steps: [{ name: 'deploy', detail: '2 tasks of v2 on green' }],
  });
  const held = world.hold('deploy');
  world.measurements = [measured.thin];
  world.fail('retire', 'aws-refused');
  world.fail('undo/deploy', 'aws-refused');
  await submit(releases, world, 'v2');
  await held.begun;
  const handle: ReleaseHandle = releases.client.workflow.getHandle(releaseWorkflowId(world.lane, 'v2'));
  await handle.signal(pauseSignal, annSays('lunch'));
  await untilDecided(handle, 'pause: lunch');
  held.release();
  await handle.signal(resumeSignal, annSays('back'));
  await untilGate(handle, 'canary 50 %');
  const { memo, typedSearchAttributes } = await handle.describe();
  const waiting = { details: await detailsOf(handle), memo, phase: typedSearchAttributes.get(keyword('SluicePhase')) };
  await handle.executeUpdate(approveUpdate, { args: [{ ...annSays('night shift'), gate: 'canary 50 %' }] });
  await untilGate(handle, 'undo/deploy');
  await handle.signal(skipSignal, annSays('stopped the tasks by hand'));
  await handle.result();
  await laneOf(releases, world).result();
  Object.assign(audited, { world, handle, waiting, details: await detailsOf(handle) });
});

it('is found by lane, service, environment, version, phase and outcome', async () => {
  const { typedSearchAttributes } = await audited.handle.describe();
  const found = (name: SearchAttributeName) => typedSearchAttributes.get(keyword(name));
  const { environment, service } = audited.world.lane;
  expect(found('SluiceLane')).toBe(`${environment}/${service}`);
  expect(found('SluiceService')).toBe(service);
  expect(found('SluiceEnvironment')).toBe(environment);
  expect(found('SluiceVersion')).toBe('v2');
  expect(found('SluicePhase')).toBe('needs-operator');
  expect(found('SluiceOutcome')).toBe('needs-operator');
});

it('says in its memo where it stands and why, for when no worker answers', async () => {
  const { memo } = await audited.handle.describe();
  expect(memo).toEqual({
    weights: 'blue 100, green 0',
    live: 'blue',
    idle: 'green',
    failure: expect.stringMatching(
      /^undo-skipped: .*undo\/deploy \(ann: stopped the tasks by hand\); it went back for aws-refused: /,
    ),
  });
});

it('has the weights in its memo as soon as they have changed, also of a release that was paused meanwhile', async () => {
  const world = releases.world();
  const held = world.hold('cut-over');
  const handle = await releases.start(world);
  await held.begun;
  await handle.signal(pauseSignal, annSays('lunch'));
  held.release();
  const memo = async () => (await handle.describe()).memo;
  await until(memo, (found) => found?.weights === 'blue 0, green 100');
  expect(await memo()).toMatchObject({ paused: expect.stringContaining('lunch') });
  await handle.signal(resumeSignal, annSays('back'));
  await handle.result();
});

it('shows what it waits for while it waits, with and without a worker', () => {
  expect(audited.waiting.phase).toBe('needs-operator');
  expect(audited.waiting.memo).toMatchObject({
    waitsFor: expect.stringMatching(/^canary 50 %: errors: canary 0 of 3/),
  });
  expect(audited.waiting.details).toMatch(
    /\*\*Waits for an operator\*\* at \*canary 50 %\*: .*\(approve, retry, abort\)/,
  );
});

it('shows who decided what, in order, with the numbers it was decided on', () => {
  const decisions = audited.details.split('### Decisions\n')[1]?.split('\n') ?? [];
  expect(decisions.map((line) => line.replace(/^- \S+ /, ''))).toEqual([
    '**ann**: pause: lunch',
    '**ann**: resume: back',
    expect.stringContaining('**judge**: 50 %: inconclusive (errors: canary 0 of 3'),
    '**ann**: approve canary 50 %: night shift',
    '**sluice**: go back: aws-refused (retire was told to fail)',
    '**ann**: skip undo/deploy: stopped the tasks by hand',
  ]);
});

it('shows every step with what it changed from what to what', () => {
  expect(audited.details).toMatch(/\| deploy \| [\d.]+ m?s \| 2 tasks of v2 on green \|/);
  expect(audited.details).toMatch(/\| shift 50 % \| [\d.]+ m?s \| from blue 100, green 0 to blue 50, green 50 \|/);
  expect(audited.details).toMatch(/\| cut over \| [\d.]+ m?s \| from blue 50, green 50 to blue 0, green 100 \|/);
  expect(audited.details).toMatch(/\| retire \| [\d.]+ m?s \| did not succeed \|/);
  expect(audited.details).toMatch(/\| undo\/cut-over \| [\d.]+ m?s \| production rule back to blue 100, green 0 \|/);
  expect(audited.details).toContain('**Submitted by** ci');
  expect(audited.details).toContain('**Why:** `undo-skipped`');
});

it('summarises in the history itself what each line changed or waited for', async () => {
  const summaries = (await eventsOf(audited.handle)).flatMap((event) => summaryOf(event) ?? []);
  expect(summaries.slice(1)).toEqual([
    'provision',
    '2 tasks of v2 on green',
    'blue 100, green 0 → 50 % on green',
    'bake at 50 %',
    'blue 50, green 50 → 100 % on green',
    'blue stays at full size',
    'retire',
    expect.stringMatching(/^service .* back to 2 tasks of /),
    'production rule back to blue 100, green 0',
    'the rule settles',
    expect.stringMatching(/^service .* back to 0 tasks of /),
    'test rule back to blue 100, green 0',
  ]);
});

it('names the release in the lane’s own page and in the child’s summary', async () => {
  const lane = laneOf(releases, audited.world);
  const started = (await eventsOf(lane)).flatMap((event) =>
    event.startChildWorkflowExecutionInitiatedEventAttributes ? (summaryOf(event) ?? []) : [],
  );
  expect(started).toEqual([`${audited.world.lane.service} v2 into test, submitted by ci`]);
  expect(await detailsOf(lane)).toContain(`## lane test/${audited.world.lane.service}`);
});

function keyword(name: SearchAttributeName) {
  return defineSearchAttributeKey(name, SearchAttributeType.KEYWORD);
}

function summaryOf({ userMetadata }: HistoryEvent): unknown {
  return decode(userMetadata?.summary);
}
