import { execFile } from 'node:child_process';
import { mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { promisify } from 'node:util';
import { afterAll, describe, expect, it } from 'vitest';
import { packageRoot } from '../../embedded/package-root.js';

// The commands of the README, as they stand there, in the order they stand there.

const run = promisify(execFile);
const folder = mkdtempSync(path.join(tmpdir(), 'sluice-readme-'));
const main = path.join(packageRoot, 'dist', 'client', 'main.js');
const sluice = (...args: string[]) => run(process.execPath, [main, ...args], { cwd: folder, timeout: 150_000 });

const commands = readFileSync(path.join(packageRoot, 'README.md'), 'utf8')
  .split('\n')
  .flatMap((line) => /^npx sluice (?<args>[^#]+)/.exec(line)?.groups?.args?.trim() ?? []);

/** Every process whose arguments name the folder; the stack gives each of its servers a path below it. */
function processesOfFolder(): string[] {
  return readdirSync('/proc')
    .filter((pid) => /^\d+$/.test(pid))
    .flatMap((pid) => {
      try {
        return readFileSync(`/proc/${pid}/cmdline`, 'utf8').split('\0').join(' ');
      } catch {
        return [];
      }
    })
    .filter((text) => text.includes(folder));
}

afterAll(async () => {
  await sluice('down');
  rmSync(folder, { recursive: true, force: true });
});

describe('the stack without the story', () => {
  it('has the four commands', () => {
    expect(commands.map((command) => command.split(' ')[0])).toEqual(['up', 'release', 'status', 'down']);
  });

  it('comes up, releases, tells, and goes down without leaving a process', { timeout: 300_000 }, async () => {
    for (const command of commands) {
      if (command.startsWith('release')) quicken();
      await expect(sluice(...command.split(' ')), command).resolves.toBeDefined();
      if (command === 'up') expect(processesOfFolder()).not.toEqual([]);
    }
    if (process.platform === 'linux') await expect.poll(processesOfFolder, { timeout: 10_000 }).toEqual([]);
  });

  it('says that nothing is up, and up and down may be said twice', async () => {
    expect((await sluice('down')).stdout).toContain('no stack is running');
  });
});

/** The release is the same; only its bakes are as short as the metrics' grain allows. */
function quicken(): void {
  const file = path.join(folder, '.sluice', 'manifests', 'shop-2.yaml');
  writeFileSync(
    file,
    readFileSync(file, 'utf8').replaceAll('bake: 10s', 'bake: 5s').replace('warmWindow: 10s', 'warmWindow: 1s'),
  );
}
