import { describe, expect, it } from 'vitest';
import { withReleases } from '../workflows/with-releases.js';
import { hasHistory, readHistories, writeHistory } from './history-files.js';
import { scenarios } from './scenarios.js';

// A history is recorded once, and stays: a workflow change that breaks one would break the releases that are running.
// Until the first version that runs anywhere, and for a new scenario:
//   SLUICE_RECORD_HISTORIES=<names or all> npx vitest run test/replay/recording.test.ts
const asked = process.env.SLUICE_RECORD_HISTORIES?.split(',') ?? [];
const chosen = scenarios.filter(({ name }) => asked.includes('all') || asked.includes(name));

if (chosen.length > 0) {
  const releases = withReleases();
  describe.concurrent('recording', () => {
    it.each(chosen.map(({ name, play }) => [name, play] as const))('records %s', async (name, play) => {
      const handle = await play(releases, name);
      await handle.result();
      await writeHistory(name, handle);
    });
  });
}

it('has a history of every scenario, and no other', () => {
  expect(scenarios.filter(({ name }) => !hasHistory(name))).toEqual([]);
  expect(readHistories()).toHaveLength(scenarios.length);
});
