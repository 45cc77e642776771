import { type ChildProcessWithoutNullStreams, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import pg from 'pg';
import { afterAll, afterEach } from 'vitest';
import { createSchema, seed } from '../../../examples/shop/database.js';
import { freshDatabase } from '../../support/postgres.js';

export interface Harness {
  /** A database of its own with the tables of version 1, 40 products and this many customers. */
  newDatabase(customers?: number): Promise<string>;
  newFile(name: string): string;
  /** A session that ends with the test. */
  connect(databaseUrl: string): Promise<pg.Client>;
  startShop(version: string, databaseUrl: string, env?: NodeJS.ProcessEnv): Promise<ShopProcess>;
  startShoppers(...args: string[]): ShoppersProcess;
}

export interface ShopProcess {
  readonly url: string;
  readonly child: ChildProcessWithoutNullStreams;
  /** SIGTERM; resolves with the exit code and the number of requests it has answered by its own count. */
  stop(): Promise<{ code: number | null; served: number }>;
}

export interface ShoppersProcess {
  readonly child: ChildProcessWithoutNullStreams;
  /** Every line printed so far. */
  readonly reports: readonly ShopperReport[];
  /** Resolves with the last line. */
  stop(how?: 'signal' | 'line'): Promise<ShopperReport>;
}

export interface ShopperReport {
  readonly final?: true;
  readonly seconds: number;
  readonly requests: number;
  readonly failed: number;
  readonly applicationErrors: number;
  readonly byVersion: Record<string, { requests: number; errors: number }>;
  readonly p50: number;
  readonly p99: number;
  readonly acknowledged: number;
  readonly failures?: readonly { reason: string; request: string }[];
}

/** What a test starts ends with that test. */
export function useShopHarness(): Harness {
  const folder = mkdtempSync(path.join(tmpdir(), 'sluice-shop-'));
  const cleanUps: (() => unknown)[] = [];
  let files = 0;

  afterEach(async () => {
    for (const cleanUp of cleanUps.splice(0).reverse()) await cleanUp();
  });
  afterAll(() => rmSync(folder, { recursive: true, force: true }));

  return {
    async newDatabase(customers = 100) {
      const databaseUrl = await freshDatabase('shop');
      await createSchema(databaseUrl);
      await seed(databaseUrl, { customers });
      return databaseUrl;
    },
    newFile: (name) => path.join(folder, `${(files += 1)}-${name}`),
    async connect(databaseUrl) {
      const client = new pg.Client({ connectionString: databaseUrl });
      await client.connect();
      cleanUps.push(() => client.end());
      return client;
    },
    async startShop(version, databaseUrl, env = {}) {
      const child = run('server.js', ['--version', version], { PORT: '0', DATABASE_URL: databaseUrl, ...env });
      cleanUps.push(() => kill(child));
      const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
      const nextLine = async () => JSON.parse((await lines.next()).value ?? '{}') as Record<string, unknown>;
      const { listening } = await nextLine();
      if (typeof listening !== 'string') throw new Error(`expected version ${version} of the shop to listen`);
      return {
        url: listening,
        child,
        async stop() {
          child.kill('SIGTERM');
          const { served } = await nextLine();
          return { code: await exitOf(child), served: Number(served) };
        },
      };
    },
    startShoppers(...args) {
      const child = run('shoppers/main.js', args);
      cleanUps.push(() => kill(child));
      const reports: ShopperReport[] = [];
      createInterface({ input: child.stdout }).on('line', (line) => reports.push(JSON.parse(line) as ShopperReport));
      return {
        child,
        reports,
        async stop(how = 'signal') {
          if (how === 'signal') child.kill('SIGTERM');
          else child.stdin.write('stop\n');
          const ended = once(child.stdout, 'close');
          const code = await exitOf(child);
          await ended;
          const last = reports.at(-1);
          if (code !== 0 || !last?.final) throw new Error(`expected a final report and exit code 0, got ${code}`);
          return last;
        },
      };
    },
  };
}

export function migration(file: string): string {
  return readFileSync(new URL(`../../../examples/shop/migrations/v2/${file}`, import.meta.url), 'utf8');
}

/** The backfill, run the way the engine runs it: a batch is the range of keys after `after` up to `upto`. */
export async function backfillBatch(client: pg.Client, after: number, upto: number): Promise<number> {
  const sql = migration('backfill/V2.2__customer_names.sql').replaceAll(':after', '$1').replaceAll(':upto', '$2');
  return (await client.query(sql, [after, upto])).rowCount ?? 0;
}

export async function expand(databaseUrl: string): Promise<void> {
  await runSql(databaseUrl, migration('expand/V2.1__customer_names.sql'));
}

export async function runSql(databaseUrl: string, sql: string): Promise<void> {
  const client = new pg.Client({ connectionString: databaseUrl });
  try {
    await client.connect();
    await client.query(`begin; ${sql}; commit`);
  } finally {
    await client.end();
  }
}

const dist = fileURLToPath(new URL('../../../dist/examples/shop/', import.meta.url));

function run(file: string, args: readonly string[], env: NodeJS.ProcessEnv = {}): ChildProcessWithoutNullStreams {
  const child = spawn(process.execPath, [path.join(dist, file), ...args], {
    env: { ...process.env, EXIT_WHEN_STDIN_CLOSES: '1', ...env },
  });
  child.stdin.on('error', () => {});
  child.stderr.resume();
  return child;
}

async function kill(child: ChildProcessWithoutNullStreams): Promise<void> {
  child.kill('SIGKILL');
  await exitOf(child);
}

export async function exitOf(child: ChildProcessWithoutNullStreams): Promise<number | null> {
  if (child.exitCode === null && child.signalCode === null) await once(child, 'exit');
  return child.exitCode;
}
