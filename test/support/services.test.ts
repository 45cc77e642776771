import pg from 'pg';
import { expect, it } from 'vitest';
import { freshDatabase } from './postgres.js';
import { withTemporal } from './temporal.js';

const temporal = withTemporal();

it('gives each asker an empty database of its own', async () => {
  const [first, second] = await Promise.all([freshDatabase('ledger'), freshDatabase('ledger')]);
  expect(first).not.toBe(second);
  await query(first, 'create table orders (id int)');
  await query(second, 'create table orders (id int)');
});

async function query(url: string, text: string): Promise<void> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  await client.query(text).finally(() => client.end());
}

it('gives a client that reaches the run server', async () => {
  const handle = await temporal.client.workflow.start('release', {
    workflowId: temporal.taskQueue,
    taskQueue: temporal.taskQueue,
  });
  expect((await handle.describe()).status.name).toBe('RUNNING');
  await handle.terminate();
});
