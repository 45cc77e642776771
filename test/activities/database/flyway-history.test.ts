import { expect, it } from 'vitest';
import { connect } from '../../../activities/database/connection.js';
import { flywayChecksum } from '../../../activities/database/flyway-checksum.js';
import { createHistory, readHistory } from '../../../activities/database/flyway-history.js';
import { createOwnTables } from '../../../activities/database/own-tables.js';
import { type Scratch, scratchDatabase } from './scratch.js';

// Both values were written by Flyway 11.20.
it('gives a script the checksum Flyway gives it', () => {
  expect(flywayChecksum('create table a(id int);\n')).toBe(-1193849269);
  expect(flywayChecksum('alter table a add b int;\n')).toBe(1486339270);
});

it('keeps the checksum whatever the line ends and the byte order mark', () => {
  const sql = "select 1;\nselect 'é';\n";
  expect(flywayChecksum(sql.replaceAll('\n', '\r\n'))).toBe(flywayChecksum(sql));
  expect(flywayChecksum(`\uFEFF${sql}`)).toBe(flywayChecksum(sql));
  expect(flywayChecksum(sql.replace('1', '2'))).not.toBe(flywayChecksum(sql));
});

it('survives ten engines creating its tables at the same moment', async () => {
  const database = await scratchDatabase();
  const engines = await Promise.all(Array.from({ length: 10 }, () => open(database)));
  await Promise.all(
    engines.map(async (engine) => {
      await createOwnTables(engine);
      await createHistory(engine);
    }),
  );
  await Promise.all(engines.map((engine) => engine.close()));
  expect(await database.value(`select count(*)::int from pg_class where relname = 'flyway_schema_history'`)).toBe(1);
});

it('reads a table as Flyway does: baselines, failures, and versions that were taken back and applied again', async () => {
  const database = await scratchDatabase();
  const engine = await open(database);
  await createHistory(engine);
  await database.sql(`insert into flyway_schema_history values
    (1, '1', 'old', 'BASELINE', '<< Flyway Baseline >>', null, 'x', now(), 0, true),
    (2, '2.0', 'a', 'SQL', 'V2.0__a.sql', 7, 'x', now(), 0, true),
    (3, '3', 'b', 'SQL', 'V3__b.sql', 8, 'x', now(), 0, true),
    (4, '3', 'b', 'UNDO_SQL', 'U3__b.sql', 9, 'x', now(), 0, true),
    (5, '4', 'c', 'SQL', 'V4__c.sql', 10, 'x', now(), 0, true),
    (6, '4', 'c', 'DELETE', 'U4__c.sql', 11, 'x', now(), 0, true),
    (7, '4', 'c', 'SQL', 'V4__c.sql', 12, 'x', now(), 0, true),
    (8, null, 'view', 'SQL', 'R__view.sql', 13, 'x', now(), 0, true),
    (9, '5', 'd', 'SQL', 'V5__d.sql', 14, 'x', now(), 0, false)`);
  const history = await readHistory(engine);
  await engine.close();
  expect(history).toEqual({
    schema: 'public',
    baseline: '1',
    failed: ['5'],
    applied: [
      { version: '2.0', script: 'V2.0__a.sql', checksum: 7, rank: 2 },
      { version: '4', script: 'V4__c.sql', checksum: 12, rank: 7 },
    ],
  });
});

function open({ url }: Scratch) {
  return connect({ url, applicationName: 'sluice/test', lockTimeoutMs: 1_000, statementTimeoutMs: 10_000 });
}
