import { expect, it } from 'vitest';
import type { Connection } from '../../../activities/database/connection.js';
import type { Migration } from '../../../activities/database/schema-engine.js';
import { createStandbyQueries } from '../../../activities/database/standby-queries.js';
import { phaseRun } from './scratch.js';

// A clock of its own, and a primary that is asked for its standbys: `reading` are the looks at which one still reads.

function asked(reading: readonly number[] = []) {
  let now = 5_000;
  let looks = 0;
  const standby = { name: 'replica-1', oldest: 10 };
  const query = () => {
    looks += 1;
    return Promise.resolve({ rows: [{ since: 20, standbys: reading.includes(looks) ? [standby] : [] }] });
  };
  const order = { migration: {} as Migration, run: phaseRun(), lockPatienceMs: 60_000 };
  const queries = createStandbyQueries(order, { query: query as unknown as Connection['query'] }, () => now);
  return {
    ended: () => queries.ended('expand/V1__a.sql'),
    after: (milliseconds: number) => void (now += milliseconds),
    looks: () => looks,
  };
}

it('lets the strong locks of a minute go by one look, and looks again for those that come later', async () => {
  const standbys = asked();
  await standbys.ended();
  expect(standbys.looks()).toBe(1);
  standbys.after(59_999);
  await standbys.ended();
  expect(standbys.looks()).toBe(1);
  standbys.after(1);
  await standbys.ended();
  expect(standbys.looks()).toBe(2);
});

it('counts the minute from when the queries had ended, not from when it began to wait', async () => {
  const standbys = asked([1]);
  const ended = standbys.ended();
  standbys.after(30_000);
  await ended;
  expect(standbys.looks()).toBe(2);
  standbys.after(59_999);
  await standbys.ended();
  expect(standbys.looks()).toBe(2);
});
