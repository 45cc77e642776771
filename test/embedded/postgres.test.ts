import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import pg from 'pg';
import { afterEach, expect, it, vi } from 'vitest';
import { type Postgres, type PostgresOptions, startPostgres, stopStalePostgres } from '../../embedded/postgres.js';
import { packagedPrograms } from '../../embedded/postgres-home.js';
import { isRunning } from '../support/process.js';

const cleanUps: (() => unknown)[] = [];

afterEach(async () => {
  for (const cleanUp of cleanUps.splice(0).reverse()) await cleanUp();
});

it('serves the databases it was asked for, on a port it found', async () => {
  const postgres = await start(newDataDir(), { databases: ['shop', 'Odd "name"'] });
  expect(await one(postgres.url('shop'), 'select current_database() as answer')).toBe('shop');
  expect(await one(postgres.url('Odd%20%22name%22'), 'select current_database() as answer')).toBe('Odd "name"');
  expect(await one(postgres.url('shop'), 'show max_connections')).toBe('200');
});

it('keeps what was written when it is stopped and started on the same folder', async () => {
  const dataDir = newDataDir();
  const first = await start(dataDir, { databases: ['shop'] });
  await one(first.url('shop'), 'create table kept as select 42 as answer');
  await first.stop();
  const second = await start(dataDir, { databases: ['shop'] });
  expect(await one(second.url('shop'), 'select answer from kept')).toBe(42);
});

it('is gone once stop resolves, sessions or not, and lets itself be stopped again', async () => {
  const postgres = await start(newDataDir());
  const session = new pg.Client({ connectionString: postgres.url('postgres') });
  session.on('error', () => {});
  await session.connect();
  await Promise.all([postgres.stop(), postgres.stop()]);
  expect(isRunning(postgres.pid)).toBe(false);
  await postgres.stop();
});

it('refuses a wrong password, because other people share the machine', async () => {
  const postgres = await start(newDataDir());
  const url = new URL(postgres.url('postgres'));
  url.password = 'wrong';
  await expect(one(url.href, 'select 1')).rejects.toMatchObject({ code: '28P01' });
});

it('ends when the process that started it is killed', async () => {
  const { parent, pid } = await startInAnotherProcess(newDataDir());
  expect(isRunning(pid)).toBe(true);
  parent.kill('SIGKILL');
  await vi.waitFor(() => expect(isRunning(pid)).toBe(false), { timeout: 10_000, interval: 50 });
});

it('takes over a folder whose server was left behind, losing nothing', async () => {
  const dataDir = newDataDir();
  const { pid, url } = await startInAnotherProcess(dataDir);
  await one(url, 'create table kept as select 42 as answer');
  const postgres = await start(dataDir);
  expect(isRunning(pid)).toBe(false);
  expect(await one(postgres.url('postgres'), 'select answer from kept')).toBe(42);
});

it('stops a server by its folder alone, and says whether there was one', async () => {
  const dataDir = newDataDir();
  expect(await stopStalePostgres(dataDir)).toBe(false);
  const postgres = await start(dataDir);
  expect(await stopStalePostgres(dataDir)).toBe(true);
  expect(isRunning(postgres.pid)).toBe(false);
  expect(await stopStalePostgres(dataDir)).toBe(false);
});

it('waits for the server itself, which takes its pid file away before it ends', async () => {
  const dataDir = newDataDir();
  mkdirSync(dataDir, { recursive: true });
  const pidFile = path.join(dataDir, 'postmaster.pid');
  const lingering = `
    process.once('SIGINT', () => {
      require('node:fs').rmSync(process.argv[2]);
      setTimeout(() => process.exit(), 500);
    });
    console.log('ready');
    setInterval(() => {}, 1000);`;
  const server = spawn(process.execPath, ['-e', lingering, 'postgres', pidFile], {
    stdio: ['ignore', 'pipe', 'ignore'],
  });
  cleanUps.push(() => server.kill('SIGKILL'));
  await once(server.stdout, 'data');
  writeFileSync(pidFile, `${server.pid}\n${dataDir}\n`);
  expect(await stopStalePostgres(dataDir)).toBe(true);
  expect(isRunning(Number(server.pid))).toBe(false);
});

it('leaves a process alone that has the number of a dead server', async () => {
  const dataDir = newDataDir();
  const postgres = await start(dataDir);
  const pidFile = readFileSync(path.join(dataDir, 'postmaster.pid'), 'utf8');
  await postgres.stop();
  const bystander = spawn(process.execPath, ['-e', 'setInterval(() => {}, 1000)'], { stdio: 'ignore' });
  cleanUps.push(() => bystander.kill('SIGKILL'));
  writeFileSync(path.join(dataDir, 'postmaster.pid'), pidFile.replace(/^\d+/, String(bystander.pid)));
  expect(await stopStalePostgres(dataDir)).toBe(false);
  expect(bystander.exitCode ?? bystander.signalCode).toBe(null);
});

it('says why when it cannot start', async () => {
  const taken = await start(newDataDir());
  await expect(startPostgres({ dataDir: newDataDir(), port: taken.port })).rejects.toThrow(/could not bind/);
});

it('refuses a folder that holds something else', async () => {
  const dataDir = newDataDir();
  mkdirSync(path.join(dataDir, 'holiday-pictures'), { recursive: true });
  await expect(startPostgres({ dataDir })).rejects.toThrow(/found holiday-pictures/);
});

it('serves a folder below one that only its owner may enter, with programs that lie there', async () => {
  const closed = newDataDir();
  mkdirSync(closed, { mode: 0o700 });
  symlinkSync(packagedPrograms(), path.join(closed, 'bin'));
  const postgres = await start(path.join(closed, 'data'), { programs: path.join(closed, 'bin') });
  expect(await one(postgres.url('postgres'), 'select 42 as answer')).toBe(42);
});

it('leaves the signals of its process to that process', async () => {
  const before = process.eventNames();
  await start(newDataDir());
  expect(process.eventNames()).toEqual(before);
});

function newDataDir(): string {
  const folder = mkdtempSync(path.join(tmpdir(), 'sluice-postgres-'));
  cleanUps.push(() => rmSync(folder, { recursive: true, force: true }));
  chmodSync(folder, 0o755);
  return path.join(folder, 'data');
}

async function start(dataDir: string, options: Partial<PostgresOptions> = {}): Promise<Postgres> {
  const postgres = await startPostgres({ dataDir, ...options });
  cleanUps.push(postgres.stop);
  return postgres;
}

async function startInAnotherProcess(dataDir: string): Promise<{ parent: ChildProcess; pid: number; url: string }> {
  const module = fileURLToPath(new URL('../../dist/embedded/postgres.js', import.meta.url));
  const program = `
    import { startPostgres } from ${JSON.stringify(module)};
    const { pid, url } = await startPostgres({ dataDir: process.argv[1] });
    console.log(JSON.stringify({ pid, url: url('postgres') }));`;
  const args = ['--input-type=module', '-e', program, dataDir];
  const parent = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'inherit'] });
  cleanUps.push(async () => {
    parent.kill('SIGKILL');
    await stopStalePostgres(dataDir);
  });
  const [line] = await once(parent.stdout, 'data');
  return { parent, ...JSON.parse(String(line)) };
}

async function one(connectionString: string, sql: string): Promise<unknown> {
  const client = new pg.Client({ connectionString });
  try {
    await client.connect();
    const { rows } = await client.query<Record<string, unknown>>(sql);
    return Object.values(rows[0] ?? {})[0];
  } finally {
    await client.end();
  }
}
