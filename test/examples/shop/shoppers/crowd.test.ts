import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, expect, it, vi } from 'vitest';
import { readAcknowledgedFile } from '../../../../examples/shop/shoppers/acknowledged.js';
import { audit } from '../../../../examples/shop/shoppers/audit.js';
import { withEverything } from '../../../support/everything.js';
import { backfillBatch, exitOf, expand, migration, runSql, type ShoppersProcess, useShopHarness } from '../harness.js';

const harness = useShopHarness();
const cleanUps: (() => unknown)[] = [];
afterEach(async () => {
  for (const cleanUp of cleanUps.splice(0)) await cleanUp();
});

it('reaches its rate, fails nothing, and counts exactly what the shop counts', async () => {
  const databaseUrl = await harness.newDatabase();
  const shop = await harness.startShop('1', databaseUrl);
  const acknowledged = harness.newFile('acknowledged.jsonl');
  const shoppers = harness.startShoppers('--url', shop.url, '--rate', '60', '--acknowledged', acknowledged);
  await seconds(shoppers, 6);

  const steady = shoppers.reports.slice(1);
  const rate = sum(steady, (report) => report.requests) / steady.length;
  // What a busy machine held up comes a second later.
  expect(rate).toBeGreaterThan(50);
  expect(rate).toBeLessThan(70);

  const final = await shoppers.stop();
  const { code, served } = await shop.stop();
  expect(code).toBe(0);
  expect(final.failures).toEqual([]);
  expect(final.failed).toBe(0);
  expect(final.requests).toBe(served);
  expect(final.byVersion).toEqual({ '1': { requests: served, errors: 0 } });
  const checkouts = (await readAcknowledgedFile(acknowledged)).filter(({ kind }) => kind === 'checkout');
  expect(checkouts).toHaveLength(final.acknowledged);
  expect(final.acknowledged).toBeGreaterThan(10);
});

const all = withEverything('the share of checkouts that version 3 fails');

it.runIf(all)('sees about three in ten checkouts of version 3 fail, and no request', async () => {
  const databaseUrl = await harness.newDatabase();
  await expand(databaseUrl);
  const shop = await harness.startShop('3', databaseUrl);
  const acknowledged = harness.newFile('acknowledged.jsonl');
  const shoppers = harness.startShoppers('--url', shop.url, '--rate', '50', '--acknowledged', acknowledged);
  await vi.waitFor(() => expect(sum(shoppers.reports, (it) => it.applicationErrors)).toBeGreaterThan(25), {
    timeout: 120_000,
    interval: 100,
  });
  const final = await shoppers.stop('line');
  expect(final.failed).toBe(0);
  const share = final.applicationErrors / (final.applicationErrors + final.acknowledged);
  expect(share).toBeGreaterThan(0.15);
  expect(share).toBeLessThan(0.45);
  expect(final.byVersion['3']?.errors).toBe(final.applicationErrors);
  expect(await audit({ databaseUrl, acknowledgedFile: acknowledged })).toMatchObject(nothingAmiss);
});

it('loses nothing while the database is expanded and backfilled under both versions, and contracted after', async () => {
  const databaseUrl = await harness.newDatabase(10_000);
  const [fileOfOld, fileOfNew] = [harness.newFile('old.jsonl'), harness.newFile('new.jsonl')];
  const old = await harness.startShop('1', databaseUrl);
  const args = ['--rate', '40', '--acknowledged'];
  const toOld = harness.startShoppers('--url', old.url, ...args, fileOfOld, '--old-customers', '10000');
  await seconds(toOld, 2);

  await expand(databaseUrl);
  const client = await harness.connect(databaseUrl);
  const now = await harness.startShop('2', databaseUrl);
  const toNew = harness.startShoppers('--url', now.url, ...args, fileOfNew);
  for (let after = 0; after < 20_000; after += 500) await backfillBatch(client, after, after + 500);
  await seconds(toNew, 3);

  const finals = [await toOld.stop(), await toNew.stop()];
  expect(finals.map((final) => [final.failed, final.applicationErrors, final.failures])).toEqual(
    Array(2).fill([0, 0, []]),
  );
  for (const acknowledgedFile of [fileOfOld, fileOfNew]) {
    expect(await audit({ databaseUrl, acknowledgedFile })).toMatchObject({
      ...nothingAmiss,
      representations: ['customers.full_name', 'customers.first_name, customers.last_name'],
    });
  }

  await old.stop();
  await runSql(databaseUrl, migration('contract/V2.3__drop_full_name.sql'));
  for (const acknowledgedFile of [fileOfOld, fileOfNew]) {
    const result = await audit({ databaseUrl, acknowledgedFile });
    expect(result).toMatchObject({
      ...nothingAmiss,
      representations: ['customers_v1.full_name', 'customers.first_name, customers.last_name'],
    });
    expect(result.checkoutsAcknowledged).toBeGreaterThan(5);
  }
  expect((await audit({ databaseUrl, acknowledgedFile: fileOfOld })).renamesAcknowledged).toBeGreaterThan(0);
});

it('counts every request as failed, each for its reason, when the shop is not there', async () => {
  const broken = createServer((request, response) => {
    if (Number(request.headers['content-length'] ?? 0) >= 0) response.writeHead(502).end('<html>Bad Gateway</html>');
  });
  await new Promise<void>((resolve) => broken.listen(0, '127.0.0.1', resolve));
  cleanUps.push(() => {
    broken.closeAllConnections();
    broken.close();
  });
  const url = `http://127.0.0.1:${(broken.address() as AddressInfo).port}`;
  const shoppers = harness.startShoppers('--url', url, '--rate', '100', '--acknowledged', harness.newFile('none'));
  await seconds(shoppers, 1);
  const final = await shoppers.stop('line');
  expect(final.failed).toBe(final.requests);
  expect(final.failed).toBeGreaterThan(50);
  expect(new Set(final.failures?.map((failure) => failure.reason))).toEqual(new Set(['status 502']));
});

it('leaves with a final report when whoever started it is gone', async () => {
  const shop = await harness.startShop('1', await harness.newDatabase());
  const shoppers = harness.startShoppers('--url', shop.url, '--acknowledged', harness.newFile('acknowledged.jsonl'));
  await seconds(shoppers, 1);
  shoppers.child.stdin.end();
  expect(await exitOf(shoppers.child)).toBe(0);
});

const nothingAmiss = {
  checkoutsLost: 0,
  checkoutsDuplicated: 0,
  checkoutsChanged: 0,
  renamesLost: 0,
  notYetFilled: 0,
  examples: [],
};

async function seconds(shoppers: ShoppersProcess, count: number): Promise<void> {
  await vi.waitFor(() => expect(shoppers.reports.length).toBeGreaterThanOrEqual(count), {
    timeout: 30_000,
    interval: 50,
  });
}

function sum<T>(items: readonly T[], of: (item: T) => number): number {
  return items.reduce((total, item) => total + of(item), 0);
}
