import { describe, expect } from 'vitest';
import type { ReleaseStatus } from '../../domain/release-state.js';
import { releaseWorkflowId } from '../../domain/lane.js';
import { refOf, withShopStack } from '../support/shop-stack.js';
import type { CliAnswer } from '../../embedded/demo/cli.js';
import { itWithEverything } from '../support/everything.js';

const it = itWithEverything('sluice history and logs');

// One story, in order: what is asked before, during and after releases of one lane.

const shop = withShopStack();
const { lane } = refOf('');
/** Whole releases under load, on a machine with other things to do. */
const story = { timeout: 120_000 };
const baking = ({ step }: ReleaseStatus) => step.startsWith('bake');

const documentOf = ({ stdout }: CliAnswer) => JSON.parse(stdout) as Record<string, unknown>;

describe('history', () => {
  it('is empty for a lane nobody has released into', async () => {
    const { sluice } = shop.current;
    const empty = { exitCode: 0, stdout: 'lane demo/nothing: nothing has been released here\n' };
    expect(await sluice('history', 'demo/nothing')).toMatchObject(empty);
    expect(documentOf(await sluice('history', 'demo/nothing', '--json'))).toEqual({
      environment: 'demo',
      service: 'nothing',
      releases: [],
      more: false,
    });
  });

  it(
    'tells newest first what was released, by whom, how it ended and why, and the same when asked again',
    story,
    async () => {
      const { release, sluice } = shop.current;
      const aborted = await release('wrong', { bake: '10m' });
      await aborted.until('the bake', baking);
      const running = documentOf(await sluice('history', 'demo/shop', '--json'));
      expect(running).toMatchObject({ releases: [{ version: 'wrong', state: 'running' }] });
      await sluice('abort', 'demo/shop/wrong', '--reason', 'wrong ticket');
      await aborted.ended();
      await (await release('right')).ended();

      const told = documentOf(await sluice('history', 'demo/shop', '--json'));
      expect(told).toEqual({
        ...lane,
        more: false,
        releases: [
          {
            version: 'right',
            state: 'ended',
            outcome: 'released',
            actor: 'demo',
            submittedAt: expect.any(Number),
            startedAt: expect.any(Number),
            endedAt: expect.any(Number),
          },
          expect.objectContaining({
            version: 'wrong',
            outcome: 'rolled-back',
            failure: { code: 'aborted', message: 'demo: wrong ticket' },
          }),
        ],
      });
      expect(documentOf(await sluice('history', 'demo/shop', '--json'))).toEqual(told);

      const text = await sluice('history', 'demo/shop');
      expect(text).toMatchObject({ exitCode: 0, stderr: '' });
      expect(text.stdout).toMatch(/right.*released.*demo.* s .*\n(.*\n)*.*wrong.*rolled-back.*demo.* s .*aborted/);
      expect(text.stdout).toContain('wrong: demo: wrong ticket');
    },
  );

  it('keeps to the limit and says that there are older ones', async () => {
    const { sluice } = shop.current;
    expect(documentOf(await sluice('history', 'demo/shop', '--limit', '1', '--json'))).toMatchObject({
      releases: [{ version: 'right' }],
      more: true,
    });
    expect((await sluice('history', 'demo/shop', '--limit', '1')).stdout).toContain('There are older releases');
    expect(await sluice('history', 'demo/shop', '--limit', '0')).toMatchObject({ exitCode: 2, stdout: '' });
  });
});

describe('logs', () => {
  const eventsOf = (answer: CliAnswer) => documentOf(answer).events as readonly Record<string, unknown>[];

  it('tell who did what, what was measured and every change from what to what, and the same when asked again', async () => {
    const { sluice } = shop.current;
    const told = documentOf(await sluice('logs', 'demo/shop/right', '--json'));
    expect(told).toMatchObject({ version: 'right', outcome: 'released', missing: [] });
    const events = eventsOf(await sluice('logs', 'demo/shop/right', '--json'));
    expect(events).toEqual(told.events);
    const times = events.map(({ at }) => at as number);
    expect(times).toEqual(times.toSorted((a, b) => a - b));
    expect(events.at(0)).toMatchObject({ kind: 'submitted', actor: 'demo' });
    expect(events).toContainEqual(
      expect.objectContaining({
        kind: 'effect',
        name: 'shift/20',
        before: expect.objectContaining({ state: { blue: 100, green: 0 } }),
        change: expect.objectContaining({ state: { blue: 80, green: 20 } }),
      }),
    );
    expect(events).toContainEqual(
      expect.objectContaining({ kind: 'effect-ended', name: 'shift/20', outcome: 'done', tookMs: expect.any(Number) }),
    );
    expect(events).toContainEqual(
      expect.objectContaining({ kind: 'decision', actor: 'judge', text: expect.stringMatching(/20 %: pass .*p99/) }),
    );
    expect(events.at(-1)).toMatchObject({ kind: 'ended', outcome: 'released' });

    const text = await sluice('logs', 'demo/shop/wrong');
    expect(text).toMatchObject({ exitCode: 0, stderr: '' });
    const order = [
      'submitted by demo',
      'shift/20: production rule: blue 100, green 0 → blue 80, green 20',
      'demo: abort: wrong ticket',
      'undo/shift/20: production rule: blue 80, green 20 → blue 100, green 0',
      'rolled-back: aborted: demo: wrong ticket',
    ];
    expect(order.map((line) => text.stdout.indexOf(line))).not.toContain(-1);
    expect(order.toSorted((a, b) => text.stdout.indexOf(a) - text.stdout.indexOf(b))).toEqual(order);
  });

  it('are followed to the end, each line once, across the loss of the run and its recovery', story, async () => {
    const { client, release, sluice } = shop.current;
    const watch = await release('lost', { bake: '10m' });
    const following = sluice('logs', 'demo/shop/lost', '--follow');
    await watch.until('the bake', baking);
    await client.workflow.getHandle(releaseWorkflowId(lane, 'lost')).terminate('somebody meant well');
    const { exitCode, stdout, stderr } = await following;
    expect({ exitCode, stderr }).toEqual({ exitCode: 0, stderr: '' });
    const lines = stdout.trim().split('\n');
    expect(new Set(lines).size).toBe(lines.length);
    expect(lines.at(-1)).toContain('rolled-back: internal: the run was lost');
    for (const line of ['shift/20: production rule', 'sluice: go back: internal', 'undo/shift/20 done']) {
      expect(stdout).toContain(line);
    }
    expect(documentOf(await sluice('logs', 'demo/shop/lost', '--json'))).toMatchObject({ missing: [] });
  });

  it('say which part is missing when Temporal has no run any more, and still tell what was changed', async () => {
    const { client, sluice } = shop.current;
    const { namespace } = client.options;
    const workflowExecution = { workflowId: releaseWorkflowId(lane, 'wrong') };
    await client.workflowService.deleteWorkflowExecution({ namespace, workflowExecution });
    const gone = () =>
      client.workflow
        .getHandle(workflowExecution.workflowId)
        .describe()
        .then(
          () => 'there',
          () => 'gone',
        );
    await expect.poll(gone, { timeout: 20_000 }).toBe('gone');
    const told = documentOf(await sluice('logs', 'demo/shop/wrong', '--json'));
    expect(told.missing).toEqual(['steps, decisions and verdicts: Temporal has no run of the release any more']);
    const kinds = new Set((told.events as { kind: string }[]).map(({ kind }) => kind));
    expect([...kinds]).toEqual(['submitted', 'admitted', 'effect', 'effect-ended', 'ended']);
  });

  it('are refused for a release nobody has submitted', async () => {
    const answer = await shop.current.sluice('logs', 'demo/shop/404');
    expect(answer).toMatchObject({ exitCode: 3, stdout: '' });
    expect(answer.stderr).toContain('release-unknown: the ledger has no release shop-404 in demo');
  });
});
