import { expect, it, onTestFinished } from 'vitest';
import { connect } from '../../../activities/database/connection.js';
import { assertFenceBeside, claimFence } from '../../../activities/database/fence.js';
import { createOwnTables } from '../../../activities/database/own-tables.js';
import { type Scratch, scratchDatabase } from './scratch.js';

const claim = { lane: 'test/shop', generation: 1 };
const { signal } = new AbortController();

it('lets nobody work beside a session that is gone', async () => {
  const database = await scratchDatabase();
  const [claimant, beside] = [await open(database), await open(database)];
  await createOwnTables(claimant);
  await claimFence(claimant, claim, { signal });
  await assertFenceBeside(beside, claim, claimant.pid);
  await claimant.close();
  const there = () => database.value('select count(*)::int from pg_stat_activity where pid = $1', [claimant.pid]);
  await expect.poll(there, { interval: 20 }).toBe(0);
  await expect(assertFenceBeside(beside, claim, claimant.pid)).rejects.toMatchObject({ code: 'database-unreachable' });
});

it('is not claimed while somebody beside the one before is in a transaction, whom nobody could end', async () => {
  const database = await scratchDatabase();
  const [claimant, beside, next] = [await open(database), await open(database), await open(database)];
  await createOwnTables(claimant);
  await claimFence(claimant, claim, { signal });
  await beside.query('begin');
  await assertFenceBeside(beside, claim, claimant.pid);
  const claimed = claimFence(next, claim, { signal });
  const waits = () =>
    database.value(`select count(*)::int from pg_locks where locktype = 'advisory' and not granted and pid = $1`, [
      next.pid,
    ]);
  await Promise.race([expect.poll(waits, { interval: 20 }).toBe(1), claimed]);
  expect(await database.value('select pid from sluice.schema_fence')).toBe(claimant.pid);
  await beside.query('commit');
  await claimed;
  await expect(assertFenceBeside(beside, claim, claimant.pid)).rejects.toMatchObject({ code: 'fenced' });
});

async function open({ url }: Pick<Scratch, 'url'>) {
  const options = { applicationName: 'test', lockTimeoutMs: 30_000, statementTimeoutMs: 60_000 };
  const connection = await connect({ url, ...options });
  onTestFinished(() => connection.close());
  return connection;
}
