import { readFileSync, writeFileSync } from 'node:fs';
import pg from 'pg';
import { describe, expect } from 'vitest';
import type { ReleaseStatus } from '../../domain/release-state.js';
import { itWithEverything } from '../support/everything.js';
import { everythingWritten } from '../support/everything-written.js';
import { withShopStack } from '../support/shop-stack.js';
import { withLiveRule } from '../support/live-rule.js';

const it = itWithEverything('what operators say to real releases');

// One story, in order: what an operator says to real releases, and what comes of it; each thing said twice is done once.

const shop = withShopStack();
/** Whole releases under load, on a machine with other things to do. */
const story = { timeout: 180_000 };
const baking = ({ step }: ReleaseStatus) => step.startsWith('bake');

function saidIn(status: ReleaseStatus | undefined, what: string) {
  return (status?.decisions ?? []).filter(({ text }) => text.startsWith(`${what}: `));
}

function step(status: ReleaseStatus | undefined, name: string) {
  return status?.steps.find((it) => it.name === name);
}

describe('a pause', () => {
  it('holds a release at its next safe point until it is resumed, and watch tells all of it', story, async () => {
    const { release, sluice } = shop.current;
    const name = 'demo/shop/held';
    const watch = await release('held', { bake: '15s', warmWindow: '10m' });
    const told = sluice('watch', name);
    await watch.until('the bake', baking);
    const pause = () => sluice('pause', name, '--reason', 'lunch', '--request-id', 'lunch-1');
    expect(await pause()).toMatchObject({ exitCode: 0, stdout: expect.stringContaining('next safe point') });
    expect(await pause()).toMatchObject({ exitCode: 0 });
    const held = await watch.until('the end of the bake', (status) => step(status, 'bake 20 %')?.endedAt !== undefined);
    expect(held.paused).toMatchObject({ reason: 'lunch' });
    expect((await sluice('status', name)).stdout).toMatch(/paused +by demo: lunch/);
    const resume = () => sluice('resume', name, '--reason', 'back', '--request-id', 'back-1');
    expect(await resume()).toMatchObject({ exitCode: 0, stdout: expect.stringContaining('goes on') });
    await watch.until('the warm window', ({ step }) => step === 'keep warm');
    // A pause that comes once more, after the resume, is the same pause.
    expect(await pause()).toMatchObject({ exitCode: 0 });
    expect(await sluice('rollback', name, '--reason', 'seen enough')).toMatchObject({ exitCode: 0 });
    expect(await watch.ended()).toMatchObject({ outcome: 'rolled-back' });

    const status = watch.status();
    expect(saidIn(status, 'pause')).toHaveLength(1);
    const [resumed] = saidIn(status, 'resume');
    expect(step(status, 'bake 20 %')?.endedAt).toBeLessThan(resumed?.at ?? 0);
    expect(step(status, 'judge 20 %')?.startedAt).toBeGreaterThanOrEqual(resumed?.at ?? Infinity);
    const { exitCode, stdout } = await told;
    expect(exitCode).toBe(4);
    expect(stdout).toMatch(
      /paused by demo: lunch[^]*demo: resume: back[^]*to blue 0, green 100[^]*shop-held in demo is rolled back/,
    );
  });
});

describe('a rollback', () => {
  it('that is said twice at once is one way back, and refused once the release has ended', story, async () => {
    const { release, sluice, stack } = shop.current;
    const watch = await release('back', { bake: '60s' });
    await watch.until('the bake', baking);
    const rollback = () => sluice('rollback', 'demo/shop/back', '--reason', 'carts', '--request-id', 'carts-1');
    for (const answer of await Promise.all([rollback(), rollback()])) expect(answer).toMatchObject({ exitCode: 0 });
    expect(await watch.ended()).toMatchObject({ outcome: 'rolled-back' });
    expect(saidIn(watch.status(), 'abort')).toHaveLength(1);
    expect(await withLiveRule(stack, (rule) => rule.weights())).toEqual({ blue: 100, green: 0 });
    const late = await rollback();
    expect(late).toMatchObject({ exitCode: 3, stderr: expect.stringContaining('has ended as rolled-back') });
  });
});

describe('a release that was refused', () => {
  it('is mended and said again under the same request id while its lane goes on with the next', story, async () => {
    const { release, sluice, manifest, watch } = shop.current;
    const first = await release('first', { bake: '60s' });
    await first.until('the bake', baking);
    const submit = (file: string) => sluice('release', file, '--request-id', 'job-7');
    const broken = manifest('mended');
    writeFileSync(broken, readFileSync(broken, 'utf8').replace(/(\bruleArn: .*)\w(["']?)$/m, '$1x$2'));
    expect(await submit(broken)).toMatchObject({ exitCode: 0, stdout: expect.stringContaining('is queued') });
    expect(await sluice('release', manifest('third', { bake: '60s' }))).toMatchObject({ exitCode: 0 });
    const abort = (version: string) => sluice('abort', `demo/shop/${version}`, '--reason', 'not today');
    await abort('first');
    const third = watch('third');
    await third.until('the bake', baking);
    const status = async () => (await sluice('status', 'demo/shop/mended')).stdout;
    expect(await status()).toContain('refused');

    const again = await submit(manifest('mended'));
    expect(again).toMatchObject({ exitCode: 0, stdout: expect.stringContaining('is queued in its lane') });
    expect(await status()).toContain('waits in its lane');
    await abort('third');
    expect(await third.ended()).toMatchObject({ outcome: 'rolled-back' });
    expect((await sluice('watch', 'demo/shop/mended')).exitCode).toBe(0);
  });
});

describe('a skip', () => {
  it('goes on without the broken step, and the end says on whose word', story, async () => {
    const { release, sluice, stack } = shop.current;
    const database = new pg.Client({ connectionString: stack.shopDatabaseUrl });
    await database.connect();
    try {
      // Stands where contract wants to put its view: it breaks, and changes nothing.
      await database.query('create table customers_v1 ()');
      const watch = await release('2', { runs: '2', migrates: true });
      await watch.until('the broken contract', ({ gate }) => gate?.name === 'contract');
      const skip = ['skip', 'demo/shop/2', '--gate', 'contract', '--reason', 'by hand', '--request-id', 'hand-1'];
      expect(await sluice(...skip)).toMatchObject({ exitCode: 0, stdout: expect.stringContaining('takes your word') });
      const result = await watch.ended();
      expect(result).toMatchObject({ outcome: 'needs-operator', failure: { code: 'contract-skipped' } });
      expect(result.failure?.message).toContain('demo: by hand');
      expect(await sluice(...skip)).toMatchObject({ exitCode: 3 });
      const { rows } = await database.query("select from information_schema.columns where column_name = 'full_name'");
      expect(rows).not.toEqual([]);
      expect((await sluice('history', 'demo/shop')).stdout).toContain('contract-skipped');
    } finally {
      await database.end();
    }
  });
});

describe('all the while', () => {
  it('no password of a database is written down anywhere', async () => {
    const { stack, client } = shop.current;
    const passwords = [stack.shopDatabaseUrl, stack.ledgerUrl].map((url) => decodeURIComponent(new URL(url).password));
    expect(passwords.every((password) => password.length > 10)).toBe(true);
    const written = await everythingWritten(stack, client);
    expect([...written.keys()]).toEqual(
      expect.arrayContaining(['history of release/demo/shop/held', 'ledger’s release', 'worker.log']),
    );
    const told = [...written].filter(([, text]) => passwords.some((password) => text.includes(password)));
    expect(told.map(([where]) => where)).toEqual([]);
  });

  it('no shopper has noticed', async () => {
    expect(await shop.current.verdict()).toMatchObject({ failed: 0, failures: [], lost: 0, twice: 0, changed: 0 });
  });
});
