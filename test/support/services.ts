import { randomBytes } from 'node:crypto';
import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { Connection } from '@temporalio/client';
import { msToTs } from '@temporalio/common/lib/time.js';
import pg from 'pg';
import type { TestProject } from 'vitest/node';
import { searchAttributeNames } from '../../domain/search-attributes.js';
import { type Postgres, startPostgres } from '../../embedded/postgres.js';
import { postgresPrograms } from '../../embedded/postgres-version.js';
import { locateTemporal } from '../../embedded/temporal/locate.js';
import { startTemporal } from '../../embedded/temporal/server.js';
import { ensureSearchAttributes } from '../../workers/search-attributes.js';
import { isRunning } from './process.js';

declare module 'vitest' {
  interface ProvidedContext {
    /** Where test files ask for the servers they share: see temporal.ts and postgres.ts. */
    services: string;
    /** Major version of the Postgres that freshDatabase asks for. */
    postgres: number;
  }
}

/**
 * One Temporal server and one Postgres of a version a run, each started when the first test file asks for it. They live in the
 * process that all test files of a run have in common, and end with it.
 */
export default async function setup(project: TestProject): Promise<() => Promise<void>> {
  removeFoldersOfKilledRuns();
  const folder = mkdtempSync(path.join(tmpdir(), `${folderPrefix}${process.pid}-`));
  const temporal = once(() => runTemporal(folder));
  const postgres = new Map<number, Promise<Postgres | string>>();
  const postgresOf = (version: number) => {
    const started = postgres.get(version) ?? runPostgres(folder, version);
    postgres.set(version, started);
    return started;
  };

  const answer = async (service: string): Promise<unknown> => {
    if (service === '/temporal') {
      const { address, namespace, uiUrl } = await temporal.get();
      return { address, namespace, uiUrl };
    }
    if (service === '/namespace') {
      const { address, uiUrl } = await temporal.get();
      return { address, namespace: await createNamespace(address), uiUrl };
    }
    const [, kind, version = '', name = ''] = service.split('/');
    if (kind === 'postgres') {
      const found = await postgresOf(Number(version));
      return typeof found === 'string' ? { missing: found } : {};
    }
    if (kind === 'database') {
      const found = await postgresOf(Number(version));
      if (typeof found === 'string') throw new Error(found);
      return createDatabase(found.url, name);
    }
    throw new Error(`There is no shared service ${service}.`);
  };
  const server = createServer((request, response) => {
    answer(request.url ?? '').then(
      (value) => response.end(JSON.stringify(value)),
      (error: Error) => response.writeHead(500).end(error.message),
    );
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  project.provide('services', `http://127.0.0.1:${(server.address() as AddressInfo).port}`);

  return async () => {
    server.closeAllConnections();
    server.close();
    const servers = [temporal.started, ...postgres.values()];
    await Promise.allSettled(servers.map(async (started) => await stop(await started)));
    rmSync(folder, { recursive: true, force: true });
  };
}

async function stop(server: { stop(): Promise<void> } | string | undefined): Promise<void> {
  if (typeof server === 'object') await server.stop();
}

const folderPrefix = 'sluice-test-';

function removeFoldersOfKilledRuns(): void {
  for (const name of readdirSync(tmpdir())) {
    const pid = name.startsWith(folderPrefix) && Number(name.slice(folderPrefix.length).split('-')[0]);
    if (pid && !isRunning(pid)) rmSync(path.join(tmpdir(), name), { recursive: true, force: true });
  }
}

interface Once<T> {
  readonly started: Promise<T> | undefined;
  get(): Promise<T>;
}

function once<T>(start: () => Promise<T>): Once<T> {
  let started: Promise<T> | undefined;
  return {
    get: () => (started ??= start()),
    get started() {
      return started;
    },
  };
}

/** The server, or why there is none of this version. */
async function runPostgres(folder: string, version: number): Promise<Postgres | string> {
  const found = await postgresPrograms(version, (line) => console.log(line));
  if ('programs' in found) {
    const dataDir = path.join(folder, `postgres-${version}`);
    return startPostgres({ dataDir, programs: found.programs, statementCounts: true });
  }
  console.log(`skipped: tests, because ${found.missing}`);
  return found.missing;
}

async function runTemporal(folder: string) {
  return startTemporal({
    binary: await locateTemporal({ log: (line) => console.log(line) }),
    logFile: path.join(folder, 'temporal.log'),
    searchAttributes: Object.fromEntries(searchAttributeNames.map((name) => [name, 'Keyword'] as const)),
  });
}

async function createNamespace(address: string): Promise<string> {
  const namespace = `own-${randomBytes(4).toString('hex')}`;
  const connection = await Connection.connect({ address });
  try {
    await connection.workflowService.registerNamespace({
      namespace,
      workflowExecutionRetentionPeriod: msToTs('1 day'),
    });
    await untilKnown(() => ensureSearchAttributes(connection, namespace));
  } finally {
    await connection.close();
  }
  return namespace;
}

/** The server's parts hear of a new namespace one after the other. */
async function untilKnown(use: () => Promise<void>): Promise<void> {
  for (const giveUpAt = Date.now() + 60_000; ;) {
    try {
      return await use();
    } catch (error) {
      if (Date.now() > giveUpAt) throw error;
      await sleep(100);
    }
  }
}

async function createDatabase(urlOf: (database: string) => string, name: string): Promise<string> {
  const database = `${name}_${randomBytes(4).toString('hex')}`;
  const client = new pg.Client({ connectionString: urlOf('postgres') });
  await client.connect();
  try {
    await client.query(`create database ${client.escapeIdentifier(database)}`);
  } finally {
    await client.end();
  }
  return urlOf(database);
}
