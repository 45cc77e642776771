import { defineConfig } from 'vitest/config';
import { LongestFirst } from './test/support/longest-first.js';

/** These kill processes, change their environment, or leave connections behind: each file has a process of its own. */
const alone = ['client', 'contract', 'crash', 'deploy', 'e2e', 'replay', 'tools', 'workers', 'workflows'].map(
  (folder) => `test/${folder}/**/*.test.ts`,
);

const shared = {
  pool: 'forks' as const,
  setupFiles: ['test/support/end-with-run.ts', 'test/support/own-environment.ts'],
  testTimeout: 180_000,
  hookTimeout: 240_000,
  // What is waited for comes when the machine gets to it; the default of 1 s would judge the machine.
  expect: { poll: { timeout: 60_000 } },
  env: { TZ: 'UTC' },
};

export default defineConfig({
  test: {
    maxWorkers: 3,
    // Of the whole run: all projects share the servers.
    globalSetup: ['test/support/build.ts', 'test/support/services.ts'],
    sequence: { sequencer: LongestFirst },
    projects: [
      // One process takes file after file: loading what they import costs more than the tests of most.
      { test: { ...shared, name: 'together', include: ['test/**/*.test.ts'], exclude: alone, isolate: false } },
      { test: { ...shared, name: 'alone', include: alone } },
    ],
  },
});
