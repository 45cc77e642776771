import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { NativeConnection, Worker } from '@temporalio/worker';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { exits } from '../../client/exit-codes.js';
import { laneWorkflowId, recoveryWorkflowId, releaseWorkflowId } from '../../domain/lane.js';
import type { ReleaseStatus } from '../../domain/release-state.js';
import { releaseTaskQueue } from '../../domain/wire-names.js';
import { withEverything } from '../support/everything.js';
import '../support/quiet-runtime.js';
import { hasTerminal, type RunningCommand, sluiceOnTerminal, startSluice } from './command-line.js';
import { documentOf, lane, visible, withOwnTemporal } from './own-temporal.js';

const own = withOwnTemporal();
const { call, releasing } = own;

describe('with a worker', () => {
  let connection: NativeConnection;
  let worker: Worker;
  let running: Promise<void>;
  /** Waits for as long as a lane is waited for, beside all the others. */
  let unheard: RunningCommand;

  beforeAll(async () => {
    connection = await NativeConnection.connect({ address: own.address });
    worker = await Worker.create({
      connection,
      taskQueue: releaseTaskQueue,
      workflowsPath: fileURLToPath(new URL('scripted-workflows.ts', import.meta.url)),
    });
    running = worker.run();
    unheard = startSluice(releasing('unheard', { service: 'silent' }), own.options);
  });

  afterAll(async () => {
    if (running !== undefined) {
      // The lane ends with it.
      await call(...releasing('last'));
      await own.client.workflow.getHandle(laneWorkflowId(lane)).result();
    }
    unheard?.process.kill('SIGKILL');
    worker?.shutdown();
    await running;
    await connection?.close();
  });

  it('follows a release to its end and exits with 0', async () => {
    const answer = await call(...releasing('good'), '--wait');
    expect(answer).toMatchObject({ exitCode: 0, stderr: expect.stringMatching(/takes all of it back.*\n$/) });
    const lines = answer.stdout.split('\n').map((line) => line.replace(/^\d\d:\d\d:\d\d {2}/, ''));
    const order = [
      'shop-good in production is running',
      'deploy done in 1.5 s: 2 tasks healthy',
      'canary 5 %',
      'traffic: blue 95, green 5',
      'traffic: blue 0, green 100',
      'shop-good in production is released',
    ];
    expect(lines.filter((line) => order.includes(line))).toEqual(order);
  });

  it('lists with its lane what is queued, and a release whose run was lost', async () => {
    await call(...releasing('listed'));
    const torn = { ...lane, service: 'torn' };
    const lost = await own.client.workflow.start('release', {
      workflowId: releaseWorkflowId(torn, 'none'),
      taskQueue: releaseTaskQueue,
      args: [{ release: { lane: torn, version: 'held' } }],
    });
    await lost.terminate('test');
    const tornLane = await own.client.workflow.start('lane', {
      workflowId: laneWorkflowId(torn),
      taskQueue: releaseTaskQueue,
      args: [{ lane: torn }],
      searchAttributes: {
        SluiceLane: ['production/torn'],
        SluiceEnvironment: ['production'],
        SluiceService: ['torn'],
      },
    });
    const listed = await vi.waitFor(async () => {
      const answer = await call('status');
      expect(answer.stdout).toContain('refused-once');
      expect(answer.stdout).toContain('production/torn');
      return answer;
    }, visible);
    expect(listed.stdout).toMatch(/production\/shop +│ none +│ it begins +│/);
    expect(listed.stdout).toMatch(/production\/torn +│ none +│ lost: its recovery has not begun +│/);
    expect(listed.stdout).toMatch(/│ queued, refused-once +│/);
    expect(listed.stdout).not.toContain('did not answer');
    await tornLane.terminate('test');
  });

  it('exits with 4 and the numbers when it was rolled back', async () => {
    const answer = await call(...releasing('bad'), '--wait', '--json');
    expect(answer.exitCode).toBe(exits['rolled-back'].code);
    expect(documentOf(answer)).toMatchObject({
      state: 'ended',
      outcome: 'rolled-back',
      failure: { code: 'verdict-failed' },
      trafficBackMs: 840,
      releaseId: 'shop-bad',
      workflowId: 'release/production/shop/bad',
    });
    const watched = await call('watch', 'production/shop/bad');
    expect(watched.exitCode).toBe(exits['rolled-back'].code);
    const status = await call('status', 'production/shop/bad');
    expect(status.stdout).toMatch(/2 tasks healthy/);
    expect(status.stdout).toContain('verdict-failed: errors: canary 12 of 100');
    expect(watched.stdout).toContain('Compare the numbers of both colours in the verdict');
  });

  it('stops waiting with 5 when an operator is needed, and says what can be answered', async () => {
    const parked = await call(...releasing('stuck'), '--wait');
    expect(parked.exitCode).toBe(exits['needs-operator'].code);
    expect(parked.stdout).toContain('waits at undo/shift/5: AWS refuses (retry or skip)');
    expect(parked.stdout).toContain('  sluice retry production/shop/stuck --gate undo/shift/5\n');
    expect(parked.stdout).toContain('  sluice skip production/shop/stuck --gate undo/shift/5 --reason "why"\n');

    const approved = await call('approve', 'production/shop/stuck');
    expect(approved.exitCode).toBe(exits.refused.code);
    expect(approved.stderr).toContain('undo/shift/5 does not take approve');

    const watch = startSluice(['watch', 'production/shop/stuck'], own.options);
    await watch.printed('waits at undo/shift/5');
    const retried = await call('retry', 'production/shop/stuck', '--reason', 'AWS is back');
    expect(retried).toMatchObject({ exitCode: 0, stdout: expect.stringContaining('It tries undo/shift/5 again.') });
    const ended = await watch.ended;
    expect(ended.exitCode).toBe(0);
    expect(ended.stdout).toContain('ann: retry: AWS is back');
  });

  it('approves the gate that is open, and no other', async () => {
    const submitted = await call(...releasing('gated'));
    expect(submitted).toMatchObject({
      exitCode: 0,
      stdout: expect.stringContaining('sluice watch production/shop/gated'),
    });
    const watch = startSluice(['watch', '-f', path.join(own.folder, 'gated.yaml'), '--json'], own.options);
    await watch.printed('waits at begin contract');

    const wrong = await call('approve', 'production/shop/gated', '--gate', 'canary 25 %');
    expect(wrong.exitCode).toBe(exits.refused.code);
    expect(wrong.stderr).toContain('begin contract waits, and not canary 25 %: no session of v1 is left');

    const retry = await call('retry', 'production/shop/gated');
    expect(retry.exitCode).toBe(exits.refused.code);

    const approved = await call('approve', 'production/shop/gated', '--json');
    expect(documentOf(approved)).toMatchObject({
      command: 'approve',
      gate: 'begin contract',
      effect: 'begin contract is approved: it begins contract, the point of no return.',
    });
    const ended = await watch.ended;
    expect(ended.exitCode).toBe(0);
    expect(documentOf(ended)).toMatchObject({ state: 'ended', outcome: 'released' });
  });

  it('says an approval twice under one request id, which is one decision', async () => {
    await call(...releasing('asking'));
    const name = 'production/shop/asking';
    for (const time of ['first', 'second']) {
      const approved = await call('approve', name, '--reason', `the ${time} time`, '--request-id', 'job-7');
      expect(approved.exitCode).toBe(0);
    }
    const { status } = documentOf(await call('status', name, '--json')) as { status?: ReleaseStatus };
    expect(status?.decisions.map(({ text }) => text)).toEqual(['approve: the first time']);
    await call('abort', name, '--reason', 'enough');
  });

  it('tunes a backfill and says what was, and refuses where nothing can come of it', async () => {
    await call(...releasing('filling'));
    const tune = (...said: string[]) => call('tune', 'production/shop/filling', ...said);
    const tuned = await tune('--pace', '20%', '--brake', 'vacuum=off', '--reason', 'sale');
    expect(tuned).toMatchObject({
      exitCode: 0,
      stdout:
        'tune sent to shop-filling in production as ann.\nbackfill/V2__fill.sql: pace 20 %, vacuum off (before: as it was begun)\n',
    });
    expect(await tune()).toMatchObject({ exitCode: 2, stderr: expect.stringContaining('expected --pace') });
    const refused = await tune('--batch-ms', '5');
    expect(refused.exitCode).toBe(exits.refused.code);
    expect(refused.stderr).toContain('the backfill was not tuned: the release has no backfill');
    const unanswered = await tune('--reset');
    expect(unanswered.exitCode).toBe(exits.unreachable.code);
    expect(unanswered.stderr).toContain('nobody knows whether the backfill was tuned: activity timed out');
    await call('abort', 'production/shop/filling', '--reason', 'enough');
  });

  it('pauses, resumes, lets go on Ctrl-C, and aborts', async () => {
    const release = startSluice([...releasing('held'), '--wait'], own.options);
    await release.printed('traffic: blue 95, green 5');
    await call('pause', 'production/shop/held', '--reason', 'lunch');
    await release.printed('paused by ann: lunch');
    const status = await call('status', 'production/shop/held');
    expect(status.stdout).toMatch(/paused +by ann: lunch/);
    expect(status.stdout).toMatch(/traffic +blue 95, green 5/);
    const tuned = await call('tune', 'production/shop/held', '--reset');
    expect(tuned.exitCode).toBe(exits.refused.code);
    expect(tuned.stderr).toContain('no backfill of it is to come any more');
    await call('resume', 'production/shop/held');
    await release.printed('resumed');

    release.process.kill('SIGINT');
    const detached = await release.ended;
    expect(detached.exitCode).toBe(exits.detached.code);
    expect(detached.stdout).toContain('Detached. shop-held in production goes on by itself');

    const watch = startSluice(['watch', 'production/shop/held'], own.options);
    await watch.printed('canary 5 %');
    const aborted = await call('abort', 'production/shop/held', '--reason', 'enough');
    expect(aborted.exitCode).toBe(0);
    for (const said of [aborted.stderr, aborted.stdout]) {
      expect(said).toContain(
        'Then queued, which waits in its lane, begins (after it refused-once): where it should not, `sluice abort production/shop/queued --reason "why"` first.',
      );
    }
    expect((await watch.ended).exitCode).toBe(exits['rolled-back'].code);

    const late = await call('pause', 'production/shop/held');
    expect(late.exitCode).toBe(exits.refused.code);
    expect(late.stderr).toContain('shop-held in production has ended as rolled-back');
  });

  it.skipIf(!hasTerminal)('asks on a terminal, shows there where it stands, and takes no for an answer', async () => {
    await call(...releasing('asked'));
    const name = 'production/shop/asked';
    const abort = (types: string, ...more: string[]) =>
      sluiceOnTerminal(['abort', name, '--reason', 'enough', ...more], { ...own.options, types }).ended;
    const no = await abort('n\n');
    expect(no.stdout).toMatch(/An abort cannot be taken back[^]*Go on\? \[y\/N\]/);
    expect(no).toMatchObject({ exitCode: exits.refused.code, stdout: expect.stringContaining('nothing was sent') });
    expect((await call('status', name)).stdout).not.toContain('ann: abort');

    const watch = sluiceOnTerminal(['watch', name], own.options);
    await watch.printed('green ██░░');
    const yes = await abort('y\n');
    expect(yes).toMatchObject({ exitCode: 0, stdout: expect.stringContaining('abort sent to shop-asked') });
    expect(await watch.ended).toMatchObject({ exitCode: exits['rolled-back'].code });
  });

  it('attaches when the same release is submitted again, and refuses changed content with both hashes', async () => {
    const first = documentOf(await call(...releasing('repeated'), '--json'));
    expect(first).toMatchObject({ attached: false, state: 'running' });
    const [release, file] = releasing('repeated') as [string, string];
    const again = documentOf(await call(release, file, '--json'));
    expect(again).toMatchObject({ attached: true, manifestHash: first.manifestHash });

    const args = releasing('repeated', { warmWindow: '1h' });
    const changed = await call(...args);
    expect(changed.exitCode).toBe(exits.refused.code);
    expect(changed.stderr).toMatch(/^release-changed: /m);
    expect(changed.stderr).toContain(String(first.manifestHash));
    expect(changed.stderr).toContain(args.at(-1));
  });

  it('asks the lane again when the very same command is said twice, and does not answer from memory', async () => {
    expect(documentOf(await call(...releasing('twice'), '--json'))).toMatchObject({ attached: false });
    expect(documentOf(await call(...releasing('twice'), '--json'))).toMatchObject({ attached: true });
  });

  it('says of a release that was refused once and waits again that it waits', async () => {
    const name = 'production/shop/refused-once';
    await own.client.workflow.execute('release', {
      workflowId: releaseWorkflowId(lane, 'refused-once'),
      taskQueue: releaseTaskQueue,
      args: [{ release: { lane, version: 'refused-once' } }],
    });
    await call(...releasing('repeated'));
    expect(documentOf(await call('status', name, '--json'))).toMatchObject({ state: 'queued', source: 'worker' });
    const watch = startSluice(['watch', name], own.options);
    await watch.printed('queued: waits for its turn in the lane');
    watch.process.kill('SIGINT');
    expect(await watch.ended).toMatchObject({ exitCode: exits.detached.code });
  });

  it('ends the waiting for a release that somebody withdraws, and says who did', async () => {
    const release = startSluice([...releasing('withdrawn'), '--wait', '--json'], own.options);
    await release.printed('queued: waits for its turn in the lane, behind none, queued, refused-once');
    const abort = ['abort', 'production/shop/withdrawn', '--reason', 'not today', '--request-id', 'w1'];
    expect(await call(...abort)).toMatchObject({ exitCode: 0 });
    const ended = await release.ended;
    expect(ended.exitCode).toBe(exits.refused.code);
    expect(documentOf(ended)).toMatchObject({
      state: 'ended',
      outcome: 'refused',
      failure: { code: 'aborted', message: 'withdrawn by ann: not today' },
    });

    expect((await call(...releasing('withdrawn'))).stdout).toMatch(
      /^shop-withdrawn in production is queued in its lane: behind none, queued, refused-once\n/,
    );
    expect(documentOf(await call('status', 'production/shop', '--json')).queued).toContain('withdrawn');
    expect(await call(...abort)).toMatchObject({ exitCode: 0 });
    expect(documentOf(await call('status', 'production/shop', '--json')).queued).not.toContain('withdrawn');
  });

  it('prints message and remedy of a refused plan', async () => {
    const answer = await call(...releasing('unplanned'), '--json');
    expect(answer.exitCode).toBe(exits.refused.code);
    expect(documentOf(answer)).toMatchObject({
      error: {
        code: 'plan-refused',
        message: 'the rule forwards to arn:x',
        remedy: expect.stringContaining('Change what the message names'),
      },
      exitCode: exits.refused.code,
    });
  });

  it('exits with the outcome of a release that had ended before it was submitted again', async () => {
    const answer = await call(...releasing('done'));
    expect(answer.exitCode).toBe(exits['rolled-back'].code);
    expect(answer.stdout).toContain('had been submitted before');
  });

  it('goes over to the recovery when the run is terminated', async () => {
    await call(...releasing('lost'));
    const watch = startSluice(['watch', 'production/shop/lost'], own.options);
    await watch.printed('canary 5 %');
    await own.client.workflow.getHandle(releaseWorkflowId(lane, 'lost')).terminate('test');
    await watch.printed('the run was terminated; waiting for its recovery');
    await own.client.workflow.start('recover', {
      workflowId: recoveryWorkflowId(lane, 'lost'),
      taskQueue: releaseTaskQueue,
      args: [{ release: { lane, version: 'lost' } }],
    });
    const ended = await watch.ended;
    expect(ended.exitCode).toBe(exits['rolled-back'].code);
    expect(ended.stdout).toContain('aborted: the run was lost');
  });

  it('ends quietly when nobody reads any more', async () => {
    await call(...releasing('unread'));
    const watch = startSluice(['watch', 'production/shop/unread'], own.options);
    watch.process.stdout?.destroy();
    expect(await watch.ended).toMatchObject({ exitCode: 141, stderr: '' });
  });

  it('shows what runs and waits in a lane', async () => {
    const text = await call('status', 'production/shop');
    expect(text).toMatchObject({
      exitCode: 0,
      stdout: expect.stringMatching(/production\/shop +│ none +│ it begins +│ +│ +│ queued, refused-once +│/),
    });
    expect(documentOf(await call('status', 'production/shop', '--json'))).toMatchObject({
      source: 'worker',
      releases: [{ version: 'none', state: 'begins' }],
      queued: ['queued', 'refused-once'],
    });
    const queued = await call('status', 'production/shop/queued');
    expect(queued.stdout).toContain('waits in its lane and has not begun: behind none\n');
    expect((await call('status', 'production/shop/none')).stdout).toContain('has not begun: it begins now\n');
    expect((await call('pause', 'production/shop/queued')).exitCode).toBe(exits.refused.code);
    const aborted = await call('abort', 'production/shop/queued', '--reason', 'not today');
    expect(aborted).toMatchObject({ exitCode: 0, stdout: expect.stringContaining('taken out of the queue') });
    expect(aborted.stderr).toContain('It can be submitted again.');
  });

  const mayBeAway = 'its worker, or the ledger that the worker asks, may be away';

  it('says when a lane does not answer', async () => {
    await unheard.printed(`the lane production/silent has not answered yet: ${mayBeAway}\n`);
  });

  it.runIf(withEverything('a lane that is silent for a minute'))(
    'says at last that nobody knows whether a silent lane took the release',
    async () => {
      const { exitCode, stdout, stderr } = await unheard.ended;
      expect({ exitCode, stdout }).toEqual({ exitCode: exits.unreachable.code, stdout: '' });
      expect(stderr).toMatch(
        /the lane did not answer in 60 s, though Temporal at \S+ \(from TEMPORAL_ADDRESS\) does: /,
      );
      expect(stderr).toContain(`${mayBeAway}; whether the release was taken is not known`);
      expect(stderr).toMatch(
        /reaches its ledger \(its log says\), then run the same command again: .* never starts twice/,
      );
    },
  );
});

describe('with every worker gone after its lane has ended', () => {
  beforeAll(async () => {
    const { status } = await own.client.workflow.getHandle(laneWorkflowId(lane)).describe();
    expect(status.name).toBe('COMPLETED');
  });

  it('knows that nothing runs or waits there, and so that a release was never there', async () => {
    const [ended, never, rollback] = await Promise.all([
      call('status', 'production/shop'),
      call('status', 'production/shop/9'),
      call('rollback', 'production/shop', '--reason', 'x'),
    ]);
    expect(ended).toMatchObject({
      exitCode: 0,
      stdout: expect.stringMatching(/production\/shop +│ nothing +│ +│ +│ +│ +│/),
    });
    expect(never.exitCode).toBe(exits.refused.code);
    expect(never.stderr).toContain('there is no run of shop-9');
    expect(rollback.exitCode).toBe(exits.refused.code);
    expect(rollback.stderr).toContain('nothing runs in production/shop');
  });
});
