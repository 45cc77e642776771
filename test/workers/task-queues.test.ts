import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import pg from 'pg';
import { afterAll, describe, expect, it } from 'vitest';
import { stringify } from 'yaml';
import { exits } from '../../client/exit-codes.js';
import { laneWorkflowId } from '../../domain/lane.js';
import type { reaper } from '../../workflows/reaper.js';
import { validManifest } from '../activities/admission/valid-manifest.js';
import { startSluice } from '../client/command-line.js';
import { withWorkerProcesses } from './worker-process.js';

// Two teams in one namespace: each has its workers, its ledger and its prefix.
const ours = withWorkerProcesses();
const theirs = withWorkerProcesses();
const lane = { environment: ours.prefix, service: 'shop' };

const folder = mkdtempSync(path.join(tmpdir(), 'sluice-queues-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

function startRelease(prefix: string, version: string) {
  const { database: _database, ...manifest } = { ...validManifest(), ...lane, version };
  const file = path.join(folder, `${version}.yaml`);
  writeFileSync(file, stringify(manifest));
  const env = { TEMPORAL_ADDRESS: ours.address, TEMPORAL_NAMESPACE: ours.namespace };
  return startSluice(['release', file], { env: { ...env, SLUICE_TASK_QUEUE_PREFIX: prefix, SLUICE_ACTOR: 'ann' } });
}

function release(prefix: string, version: string) {
  return startRelease(prefix, version).ended;
}

async function releasesIn(ledgerUrl: string): Promise<string[]> {
  const session = new pg.Client({ connectionString: ledgerUrl });
  await session.connect();
  try {
    const { rows } = await session.query<{ version: string }>('select version from sluice.release order by version');
    return rows.map(({ version }) => version);
  } finally {
    await session.end();
  }
}

describe('a task queue prefix', () => {
  it('takes a release to the workers and the ledger of its team, and no other’s', async () => {
    await Promise.all([ours.start(), theirs.start()]);
    expect(await release(ours.prefix, 'v2')).toMatchObject({ exitCode: 0 });
    expect(await releasesIn(ours.ledgerUrl)).toEqual(['v2']);
    expect(await releasesIn(theirs.ledgerUrl)).toEqual([]);

    const { client } = ours;
    const run = await client.workflow.getHandle(laneWorkflowId(lane)).describe();
    expect(run).toMatchObject({ status: { name: 'RUNNING' }, taskQueue: ours.taskQueue });
    const reap = (taskQueue: string) =>
      client.workflow.execute<typeof reaper>('reaper', { taskQueue, workflowId: `${taskQueue}/reap` });
    expect(await reap(ours.taskQueue)).toEqual([`${lane.environment}/shop`]);
    expect(await reap(theirs.taskQueue)).toEqual([]);

    const foreign = await release(theirs.prefix, 'v3');
    expect(foreign).toMatchObject({ exitCode: exits.refused.code });
    expect(foreign.stderr).toContain(`found it running on ${ours.taskQueue}`);
    expect(await releasesIn(theirs.ledgerUrl)).toEqual([]);
    await client.workflow.getHandle(laneWorkflowId(lane)).terminate('the test is done');
  });

  it('has a reaper of its own', async () => {
    await ours.start();
    const { action } = await ours.client.schedule.getHandle(`${ours.prefix}-reaper`).describe();
    expect(action).toMatchObject({ taskQueue: ours.taskQueue });
  });

  it('is refused by the command line when it cannot be one', async () => {
    const answer = await release('not a name', 'v4');
    expect(answer).toMatchObject({ exitCode: exits.usage.code });
    expect(answer.stderr).toContain('SLUICE_TASK_QUEUE_PREFIX');
  });
});

it('says what a release waits for while the ledger does not answer, and goes on when it does', async () => {
  await ours.start();
  const session = new pg.Client({ connectionString: ours.ledgerUrl });
  await session.connect();
  try {
    await session.query('begin; lock table sluice.release');
    const command = startRelease(ours.prefix, 'v5');
    await command.printed('the ledger that the worker asks, may be away');
    await session.query('rollback');
    expect(await command.ended).toMatchObject({ exitCode: 0 });
  } finally {
    await session.end();
  }
  await ours.client.workflow.getHandle(laneWorkflowId(lane)).terminate('the test is done');
});
