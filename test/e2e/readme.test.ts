import { describe, expect } from 'vitest';
import { withPageCommands } from './page-commands.js';
import { itWithEverything } from '../support/everything.js';

const it = itWithEverything('the commands of README');

// The commands of the README, as they stand there, in the order they stand there.

const page = withPageCommands('README.md');
const { commands, sluice } = page;

describe('the stack without the story', () => {
  it('has the four commands', () => {
    expect(commands.map((command) => command.split(' ')[0])).toEqual(['up', 'release', 'status', 'down']);
  });

  it('comes up, releases, tells, and goes down without leaving a process', { timeout: 300_000 }, async () => {
    for (const command of commands) {
      if (command.startsWith('release')) page.quicken('shop-3.yaml');
      expect(await sluice(command), command).toMatchObject({ exitCode: 0 });
      if (command === 'up') expect(page.processes()).not.toEqual([]);
      if (command.startsWith('release')) {
        const { stdout } = await sluice('up');
        expect(stdout).toMatch(/^the stack was up already\n[^]*npx sluice release \.sluice\/manifests\/shop-3\.yaml/);
      }
    }
    if (process.platform === 'linux') await expect.poll(page.processes, { timeout: 10_000 }).toEqual([]);
  });

  it('says that nothing is up when down is said twice', async () => {
    expect((await sluice('down')).stdout).toContain('no stack is running');
  });
});
