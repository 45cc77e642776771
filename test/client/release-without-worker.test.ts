import { expect, it, describe, beforeAll, vi } from 'vitest';
import { exits } from '../../client/exit-codes.js';
import type { OverviewReport } from '../../client/reports.js';
import { laneWorkflowId, releaseWorkflowId } from '../../domain/lane.js';
import { releaseTaskQueue } from '../../domain/wire-names.js';
import '../support/quiet-runtime.js';
import { documentOf, lane, visible, withOwnTemporal } from './own-temporal.js';

const own = withOwnTemporal();
const { call, releasing } = own;

describe('with every worker down', () => {
  const name = 'production/shop/unattended';
  const workflowId = releaseWorkflowId(lane, 'unattended');

  beforeAll(async () => {
    await own.client.workflow.start('release', {
      workflowId,
      taskQueue: releaseTaskQueue,
      memo: {
        weights: 'blue 95, green 5',
        live: 'blue',
        idle: 'green',
        waitsFor: 'canary 5 %: too few requests',
        paused: 'ann: lunch',
      },
      searchAttributes: {
        SluicePhase: ['canary'],
        SluiceLane: ['production/shop'],
        SluiceEnvironment: ['production'],
        SluiceService: ['shop'],
        SluiceVersion: ['unattended'],
      },
    });
  });

  it('lists what is open in all lanes, what it waits for, and that nobody says what is queued', async () => {
    const listed = await vi.waitFor(async () => {
      const answer = await call('status');
      expect(answer.stdout).toContain(name);
      return answer;
    }, visible);
    expect(listed.exitCode).toBe(0);
    expect(listed.stdout).toMatch(/production\/shop +│ unattended +│ canary +│ [-0-9 :]+│ blue 95, green 5 +│ \?/);
    expect(listed.stdout).toContain(`${name} waits at canary 5 %: too few requests\n`);
    expect(listed.stdout).toContain(`${name} paused by ann: lunch\n    sluice status ${name}\n`);
    expect(listed.stdout).toContain('Where it says ?, the lane did not answer');
    expect((await call('status', 'production/shop')).exitCode).toBe(exits.refused.code);
    const { lanes, more } = documentOf(await call('status', '--json')) as unknown as OverviewReport;
    expect(more).toBe(false);
    expect(lanes).toEqual([
      {
        ...lane,
        releases: [
          {
            version: 'unattended',
            state: 'running',
            workflowId,
            recorded: expect.objectContaining({ startedAt: expect.any(Number) }),
          },
        ],
      },
    ]);
  });

  it('refuses to hand a release over, and starts nothing', async () => {
    const answer = await call(...releasing('v2'));
    expect(answer).toMatchObject({ exitCode: exits.unreachable.code, stdout: '' });
    expect(answer.stderr).toContain(`expected a worker on the task queue ${releaseTaskQueue}`);
    await expect(own.client.workflow.getHandle(laneWorkflowId(lane)).describe()).rejects.toThrow(/not found/);
  });

  it('shows the last recorded state, and says that it is no more than that', async () => {
    const [text, json] = await Promise.all([call('status', name), call('status', name, '--json')]);
    expect(text.exitCode).toBe(0);
    expect(text.stdout).toContain('This is the last recorded state');
    expect(text.stdout.split('\n').slice(3)).toEqual([
      '  phase    canary',
      '  traffic  blue 95, green 5',
      '  live     blue, idle green',
      '  paused   by ann: lunch',
      '  waits    at canary 5 %: too few requests',
      '',
    ]);
    expect(documentOf(json)).toMatchObject({
      source: 'recorded',
      state: 'running',
      workflowId,
      recorded: { searchAttributes: { SluicePhase: 'canary' }, memo: { weights: 'blue 95, green 5' } },
    });
  });

  it('leaves a signal with the server, with actor, reason and request id', async () => {
    const answer = await call('pause', name, '--reason', 'graphs look odd', '--request-id', 'r1', '--json');
    expect(answer.exitCode).toBe(0);
    expect(documentOf(answer)).toMatchObject({
      command: 'pause',
      actor: 'ann',
      effect: expect.stringContaining('No worker answers'),
    });
    const { events } = await own.client.workflow.getHandle(workflowId).fetchHistory();
    const signal = events?.find((event) => Boolean(event.workflowExecutionSignaledEventAttributes));
    const payload = signal?.workflowExecutionSignaledEventAttributes?.input?.payloads?.[0]?.data;
    expect(signal?.workflowExecutionSignaledEventAttributes?.signalName).toBe('pause');
    expect(JSON.parse(Buffer.from(payload ?? []).toString())).toEqual({
      actor: 'ann',
      reason: 'graphs look odd',
      requestId: 'r1',
    });
  });

  it('says that nobody tells what runs in a lane, or begins after an abort', async () => {
    const silent = { ...lane, service: 'silent' };
    const start = (type: string, workflowId: string) =>
      own.client.workflow.start(type, { workflowId, taskQueue: releaseTaskQueue });
    const runs = [await start('lane', laneWorkflowId(silent)), await start('release', releaseWorkflowId(silent, '2'))];
    const [rolledBack, aborted] = await Promise.all([
      call('rollback', 'production/silent', '--reason', 'x'),
      call('abort', 'production/silent/2', '--reason', 'x'),
    ]);
    expect(rolledBack.exitCode).toBe(exits.unreachable.code);
    expect(rolledBack.stderr).toContain('no worker says what runs in production/silent; nothing was sent');
    expect(aborted).toMatchObject({
      exitCode: 0,
      stdout: expect.stringContaining('No worker says what waits in its lane: that begins then.'),
    });
    await Promise.all(runs.map((run) => run.terminate('test')));
  });

  it('takes an empty request id for none, so that no later command is taken for the same', async () => {
    const said = await call('pause', name, '--request-id', '', '--json');
    expect(documentOf(said)).toMatchObject({ requestId: expect.stringMatching(/^[0-9a-f-]{36}$/) });
  });

  it('cannot say what waits for an answer, and sends none that does not name it', async () => {
    for (const command of ['approve', 'retry', 'skip']) {
      const answer = await call(command, name, '--reason', 'I saw it');
      expect(answer.exitCode).toBe(exits.refused.code);
      expect(answer.stderr).toMatch(/no worker says what the release waits for[^]*with --gate/);
    }
    expect(await call('retry', name, '--gate', 'undo/deploy')).toMatchObject({ exitCode: 0 });
    const { events = [] } = await own.client.workflow.getHandle(workflowId).fetchHistory();
    const signals = events?.flatMap(({ workflowExecutionSignaledEventAttributes: it }) => it?.signalName ?? []);
    expect(signals).toEqual(['pause', 'pause', 'retry']);
  });

  it('refuses to talk to a run that is gone or was never there', async () => {
    await own.client.workflow.getHandle(workflowId).terminate('test');
    const gone = await call('abort', name, '--reason', 'x');
    expect(gone.exitCode).toBe(exits.refused.code);
    expect(gone.stderr).toContain(`${workflowId} was terminated`);
    for (const command of ['pause', 'resume', 'status', 'watch']) {
      const never = await call(command, 'production/shop/v404');
      expect(never.exitCode).toBe(exits.refused.code);
      expect(never.stderr).toMatch(
        /^release-unknown: there is no run of shop-v404 in production[^]*`sluice history production\/shop`/,
      );
    }
  });
});
