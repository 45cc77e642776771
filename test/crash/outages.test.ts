import pg from 'pg';
import { describe, expect } from 'vitest';
import type { ReleaseStatus } from '../../domain/release-state.js';
import { itWithEverything } from '../support/everything.js';
import { withShopStack } from '../support/shop-stack.js';

const it = itWithEverything('a ledger and a Temporal server that go away in the middle of a release');

const shop = withShopStack({ ownServers: true });
const baking = ({ step }: ReleaseStatus) => step.startsWith('bake');

/** Ends every session of the ledger and lets nobody in; the shop's database on the same server stays. */
async function withLedgerAway(during: () => Promise<void>): Promise<void> {
  const client = new pg.Client({ connectionString: shop.current.stack.own?.postgres.url('postgres') });
  await client.connect();
  try {
    await client.query('alter database sluice with allow_connections false');
    await client.query("select pg_terminate_backend(pid) from pg_stat_activity where datname = 'sluice'");
    await during();
  } finally {
    await client.query('alter database sluice with allow_connections true');
    await client.end();
  }
}

/** Long enough for the release to want the ledger: its pending activity has failed at least twice. */
async function untilRetried(version: string): Promise<void> {
  const handle = shop.current.client.workflow.getHandle(`release/demo/shop/${version}`);
  const attempts = async () => {
    const { raw } = await handle.describe();
    return Math.max(0, ...(raw.pendingActivities ?? []).map(({ attempt }) => attempt ?? 0));
  };
  await expect.poll(attempts, { timeout: 30_000 }).toBeGreaterThan(2);
}

describe('a release', () => {
  it('waits while the ledger is away, and goes on when it is back', { timeout: 120_000 }, async () => {
    const watch = await shop.current.release('ledger', { bake: '3s' });
    await watch.until('the bake', baking);
    await withLedgerAway(async () => {
      await untilRetried('ledger');
      const { stdout } = await shop.current.sluice('status', 'demo/shop/ledger');
      expect(stdout).toMatch(/ {2}on {7}\w+, attempt \d+: ledger-unreachable: .* \(since \d/);
    });
    expect(await watch.ended()).toMatchObject({ outcome: 'released' });
  });

  it('goes back as soon as the ledger is back when it was aborted meanwhile', { timeout: 120_000 }, async () => {
    const { release, sluice } = shop.current;
    const watch = await release('ledger-abort', { bake: '60s' });
    await watch.until('the bake', baking);
    await withLedgerAway(async () => {
      expect(await sluice('abort', 'demo/shop/ledger-abort', '--reason', 'nothing works')).toMatchObject({
        exitCode: 0,
      });
      await untilRetried('ledger-abort');
    });
    expect(await watch.ended()).toMatchObject({ outcome: 'rolled-back' });
    expect(watch.status()?.weights).toEqual({ blue: 0, green: 100 });
  });

  it(
    'survives a SIGKILL of the Temporal server in the middle of a bake, and so does whoever watches',
    { timeout: 120_000 },
    async () => {
      const { release, sluice, stack, watch } = shop.current;
      const before = await release('temporal', { bake: '5s' });
      await before.until('the bake', baking);
      const watching = sluice('watch', 'demo/shop/temporal');
      await stack.own?.restartTemporal();
      expect(await watch('temporal').ended()).toMatchObject({ outcome: 'released' });
      expect(await watching).toMatchObject({ exitCode: 0, stdout: expect.stringContaining('is released') });
    },
  );
});

describe('a worker', () => {
  it(
    'that is told to stop ends in good order, and the next one goes on with the release',
    { timeout: 120_000 },
    async () => {
      const { release, stack } = shop.current;
      const watch = await release('handover', { bake: '4s' });
      await watch.until('the bake', baking);
      expect(await stack.worker().stop()).toEqual({ code: 0, signal: null });
      await stack.startWorker();
      expect(await watch.ended()).toMatchObject({ outcome: 'released' });
    },
  );
});

describe('all the while', () => {
  it('no shopper has noticed', async () => {
    expect(await shop.current.verdict()).toMatchObject({ failed: 0, failures: [], lost: 0, twice: 0, changed: 0 });
  });
});
