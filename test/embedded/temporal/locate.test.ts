import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { cachedBinary, cliVersion } from '../../../embedded/temporal/binary.js';
import { withBuildLock } from '../../../embedded/temporal/build-lock.js';
import { locateTemporal } from '../../../embedded/temporal/locate.js';

let folder: string;
let onPath: string;
let lines: string[];
const log = (line: string) => lines.push(line);

beforeEach(() => {
  folder = mkdtempSync(path.join(tmpdir(), 'sluice-locate-'));
  onPath = path.join(folder, 'bin');
  lines = [];
  vi.stubEnv('PATH', onPath);
  vi.stubEnv('XDG_CACHE_HOME', path.join(folder, 'cache'));
  vi.stubEnv('SLUICE_TEMPORAL_BIN', undefined);
  // A machine whose way to the vendor's download is blocked.
  vi.stubEnv('HTTPS_PROXY', 'http://127.0.0.1:1');
});
afterEach(() => {
  vi.unstubAllEnvs();
  rmSync(folder, { recursive: true, force: true });
});

const good = `console.log('temporal version ${cliVersion} (Server 1.31.2, UI 2.50.1)');`;
const old = `console.log('temporal version 0.10.0 (server 1.21.0) (ui 2.15.0)');`;

it('takes the explicit path before all others', async () => {
  program(path.join(onPath, 'temporal'), good);
  const explicit = program(path.join(folder, 'my-temporal'), good);
  expect(await locateTemporal({ explicit, log })).toBe(explicit);
  vi.stubEnv('SLUICE_TEMPORAL_BIN', explicit);
  expect(await locateTemporal({ log })).toBe(explicit);
});

it('refuses an explicit path that does not work, rather than to take another one', async () => {
  program(path.join(onPath, 'temporal'), good);
  const explicit = program(path.join(folder, 'my-temporal'), `process.exit(1);`);
  await expect(locateTemporal({ explicit, log })).rejects.toThrow(/my-temporal --version failed.*SLUICE_TEMPORAL_BIN/s);
});

it('takes what is on PATH before the cache', async () => {
  program(cachedBinary(), good);
  const file = program(path.join(onPath, 'temporal'), good);
  expect(await locateTemporal({ log })).toBe(file);
});

it('passes over a server on PATH that is too old, and says so', async () => {
  const cached = program(cachedBinary(), good);
  program(path.join(onPath, 'temporal'), old);
  expect(await locateTemporal({ log })).toBe(cached);
  expect(lines).toEqual([expect.stringMatching(/passing over .* carries server 1\.21; 1\.28 or later is needed/)]);
});

it('builds once where the download is blocked, while others wait for the same build', async () => {
  const builds = path.join(folder, 'builds');
  program(path.join(onPath, 'go'), goThatBuilds(builds));
  const files = await Promise.all([locateTemporal({ log }), locateTemporal({ log }), locateTemporal({ log })]);
  expect(files).toEqual([cachedBinary(), cachedBinary(), cachedBinary()]);
  expect(readFileSync(builds, 'utf8')).toBe('build\n');
  expect(lines.join('\n')).toContain('which is building the Temporal server');
});

it('keeps nothing of a build that failed, and shows its last words', async () => {
  program(
    path.join(onPath, 'go'),
    `if (process.argv[2] === 'build') { console.error('no space left'); process.exit(1); }`,
  );
  await expect(locateTemporal({ log })).rejects.toThrow('the build with Go failed:\nno space left');
  expect(existsSync(cachedBinary())).toBe(false);
});

it('says what was tried and what to install when nothing works', async () => {
  const refusal = locateTemporal({ log });
  await expect(refusal).rejects.toThrow('there is no `temporal` on PATH');
  await expect(refusal).rejects.toThrow(`the cache has no server ${cliVersion} yet`);
  await expect(refusal).rejects.toThrow('the download failed: Failed to start ephemeral server');
  await expect(refusal).rejects.toThrow('there is no Go on PATH');
  await expect(refusal).rejects.toThrow('install Go 1.21 or later');
});

it('takes over the build lock of a process that is gone', async () => {
  const file = path.join(folder, 'lock');
  writeFileSync(file, '999999999');
  expect(await withBuildLock({ file, log }, () => Promise.resolve('worked'))).toBe('worked');
  expect(existsSync(file)).toBe(false);
});

function program(file: string, source: string): string {
  mkdirSync(path.dirname(file), { recursive: true });
  writeFileSync(file, `#!${process.execPath}\n${source}`, { mode: 0o755 });
  return file;
}

function goThatBuilds(builds: string): string {
  const built = `#!${process.execPath}\n${good}`;
  return `
    const fs = require('node:fs');
    if (process.argv[2] === 'build') {
      fs.appendFileSync(${JSON.stringify(builds)}, 'build\\n');
      setTimeout(() => {
        fs.writeFileSync(process.argv[process.argv.indexOf('-o') + 1], ${JSON.stringify(built)}, { mode: 0o755 });
      }, 800);
    }`;
}
