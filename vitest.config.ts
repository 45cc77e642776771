import { defineConfig } from 'vitest/config';
import { LongestFirst } from './test/support/longest-first.js';

export default defineConfig({
  test: {
    include: ['test/**/*.test.ts'],
    pool: 'forks',
    maxWorkers: 3,
    globalSetup: ['test/support/build.ts', 'test/support/services.ts'],
    setupFiles: ['test/support/end-with-run.ts'],
    sequence: { sequencer: LongestFirst },
    testTimeout: 60_000,
    hookTimeout: 120_000,
    // What is waited for comes when the machine gets to it; the default of 1 s would judge the machine.
    expect: { poll: { timeout: 30_000 } },
    env: { TZ: 'UTC' },
  },
});
