import { defineConfig } from 'vitest/config';
import { newestPostgres, postgresMajors } from './embedded/postgres-version.js';
import { LongestFirst } from './test/support/longest-first.js';

const filesIn = (...folders: string[]) => folders.map((folder) => `test/${folder}/**/*.test.ts`);

/** These kill processes, or leave connections behind: each file has a process of its own. */
const alone = filesIn('crash', 'deploy', 'e2e', 'tools');

/** These set up the runtime of Temporal's SDK, which a process has once. */
const temporal = filesIn('client', 'contract', 'replay', 'workers', 'workflows');

const shared = {
  pool: 'forks' as const,
  setupFiles: ['test/support/end-with-run.ts', 'test/support/own-environment.ts'],
  testTimeout: 180_000,
  hookTimeout: 240_000,
  // What is waited for comes when the machine gets to it; the default of 1 s would judge the machine.
  expect: { poll: { timeout: 60_000 } },
  env: { TZ: 'UTC' },
};

/** The schema engine is to work on every Postgres. */
const engine = 'test/activities/database/**/*.test.ts';

/** Of these, the ones that meet the most of what differs between versions. */
const engineInShort = ['operations/lifecycle', 'operations-engine'].map(
  (name) => `test/activities/database/${name}.test.ts`,
);

const onPostgres = (version: number, include: string[]) => ({
  test: {
    ...shared,
    name: `postgres ${version}`,
    include,
    isolate: false,
    setupFiles: [...shared.setupFiles, 'test/support/needs-postgres.ts'],
    provide: { postgres: version },
  },
});

const oldestPostgres = Math.min(...postgresMajors);
const asked = process.env.SLUICE_TEST_POSTGRES;
const everything = process.env.SLUICE_TEST_ALL === '1';

export default defineConfig({
  test: {
    maxWorkers: 3,
    // Of the whole run: all projects share the servers.
    globalSetup: ['test/support/build.ts', 'test/support/services.ts'],
    sequence: { sequencer: LongestFirst },
    provide: { postgres: newestPostgres },
    // SLUICE_TEST_POSTGRES=16: the tests of the engine, on that version.
    projects: asked
      ? [onPostgres(Number(asked), [engine])]
      : [
          // One process takes file after file: loading what they import costs more than the tests of most.
          {
            test: {
              ...shared,
              name: 'together',
              include: ['test/**/*.test.ts'],
              exclude: [...alone, ...temporal],
              isolate: false,
            },
          },
          { test: { ...shared, name: 'temporal', include: temporal, isolate: false } },
          { test: { ...shared, name: 'alone', include: alone } },
          onPostgres(oldestPostgres, everything ? [engine] : engineInShort),
        ],
  },
});
