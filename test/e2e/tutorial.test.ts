import { expect } from 'vitest';
import { withPageCommands } from './page-commands.js';
import { itWithEverything } from '../support/everything.js';

const it = itWithEverything('the tutorial, step by step');

// A reader follows docs/tutorial/first-steps.md: its commands, as they stand there, in the order they stand there.

const page = withPageCommands('docs/tutorial/first-steps.md');
const { commands, sluice } = page;

it(
  'leads from nothing to a release, a rollback, their history, and back to nothing',
  { timeout: 400_000 },
  async () => {
    expect(commands.map((command) => command.split(' ')[0])).toEqual([
      ...['up', 'plan', 'release', 'status', 'release', 'status', 'rollback', 'watch', 'history', 'logs', 'down'],
    ]);
    const told = new Map<string, string>();
    for (const command of commands) {
      // The page says so: again and again, until version 4 has a part of the traffic.
      if (command === 'status demo/shop/4') {
        const phase = async () => (await sluice(command)).stdout;
        await expect.poll(phase, { timeout: 120_000, interval: 500 }).toMatch(/phase +canary/);
      }
      const { exitCode, stdout, stderr } = await sluice(command);
      expect({ exitCode, stderr, stdout }, `${command}: ${stdout}`).toMatchObject({
        exitCode: command.startsWith('watch') ? 4 : 0,
      });
      told.set(command, stdout);
      if (command === 'up') page.quicken('shop-4.yaml');
    }
    expect(told.get('status demo/shop/2')).toContain('is released');
    expect(told.get('history demo/shop')).toMatch(/4 .*rolled.back[^]*2 .*released/);
    expect(told.get('logs demo/shop/4')).toContain('carts look empty');
    if (process.platform === 'linux') await expect.poll(page.processes, { timeout: 10_000 }).toEqual([]);
  },
);
