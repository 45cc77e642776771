import { describe, expect, it } from 'vitest';
import { createPhasedSqlEngine } from '../../../activities/database/phased-sql-engine.js';
import { sharesSessions } from '../../../activities/database/pooler.js';
import { withEverything } from '../../support/everything.js';
import { findPgBouncer, poolerTo } from '../../support/pgbouncer.js';
import { createCustomers, migration, names, phaseRun, scratchDatabase } from './scratch.js';

const pgbouncer = withEverything('a pooler before the database') ? findPgBouncer() : undefined;
if (pgbouncer !== undefined && 'missing' in pgbouncer) {
  process.stderr.write(`skipped: a pooler before the database (${pgbouncer.missing})\n`);
}
const home = pgbouncer !== undefined && 'home' in pgbouncer ? pgbouncer.home : undefined;

const sharing = ['transaction', 'statement'];

describe.skipIf(home === undefined)('pgbouncer before the database', () => {
  it.each(sharing)('is refused in %s mode, and leaves nothing behind in its sessions', async (mode) => {
    const database = await scratchDatabase();
    await createCustomers(database, 10);
    const url = await poolerTo(database.url, { home: home ?? '', mode });
    await expect(createPhasedSqlEngine().expand(migration({ url }, names), phaseRun())).rejects.toMatchObject({
      code: 'database-refused',
      message: expect.stringMatching(
        /expected a direct connection .*, found a pooler .*; give sluice the address of the/,
      ),
    });
    expect(
      await database.value(
        `select count(*)::int from pg_stat_activity where application_name like 'sluice%' and datname = current_database()`,
      ),
    ).toBe(0);
    expect(await database.value(`select to_regclass('flyway_schema_history') is null`)).toBe(true);
  });

  it('is as good as none in session mode', async () => {
    const database = await scratchDatabase();
    await createCustomers(database, 10);
    const shop = migration({ url: await poolerTo(database.url, { home: home ?? '', mode: 'session' }) }, names);
    const engine = createPhasedSqlEngine();
    await engine.expand(shop, phaseRun());
    expect(await engine.backfill(shop, phaseRun())).toMatchObject({ rows: 10 });
  });
});

describe('a pooler is told by', () => {
  /** Answers `begin` and the like with nothing, and a question for the process with the next pid. */
  const client = (pids: readonly number[]) => {
    const left = [...pids];
    return (sql: string) =>
      Promise.resolve({ rows: sql.startsWith('select') ? [{ pid: left.shift() ?? pids.at(-1) ?? 0 }] : [] });
  };

  it('one process that answers both clients', async () => {
    expect(await sharesSessions(client([1]), client([1]))).toBe(true);
    expect(await sharesSessions(client([1]), client([2, 1]))).toBe(true);
  });

  it('another process that answers the first one meanwhile', async () => {
    expect(await sharesSessions(client([1, 3]), client([2]))).toBe(true);
    expect(await sharesSessions(client([1, 1, 3]), client([2]))).toBe(true);
  });

  it('no transactions', async () => {
    expect(await sharesSessions(client([1]), () => Promise.reject(new Error('transaction blocks not allowed')))).toBe(
      true,
    );
  });

  it('nothing where each client keeps its process', async () => {
    expect(await sharesSessions(client([1]), client([2]))).toBe(false);
  });
});
