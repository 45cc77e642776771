import { setTimeout as sleep } from 'node:timers/promises';
import pg from 'pg';
import { createApp, type ShopApp } from './app.js';
import { leashCut } from './leash.js';
import { readSettings, type Settings } from './settings.js';

/**
 * The shop as a process: `node server.js --version 2`, settings from the environment. Prints a JSON line
 * `{ listening, version }` when it serves and `{ stopped, served }` when it has ended, and exits 0 after SIGTERM.
 */
async function main(): Promise<void> {
  const settings = readSettings(process.argv.slice(2), process.env);
  const pool = connect(settings);
  await pool.query('select 1');
  const shop = createApp({ pool, version: settings.version });
  const listening = await shop.app.listen({ host: settings.host, port: settings.port });
  print({ listening, version: settings.version.number });

  await askedToStop(shop, settings);
  await stop(shop, pool);
}

function connect({ databaseUrl, version }: Settings): pg.Pool {
  const pool = new pg.Pool({
    connectionString: databaseUrl,
    application_name: `shop/${version.number}`,
    max: 8,
    connectionTimeoutMillis: 5_000,
  });
  // An idle session that breaks is replaced by the pool; unheard, the event would end the process.
  pool.on('error', (error) => console.error(`a database session broke: ${error.message}`));
  return pool;
}

/** Resolves when nobody can want the shop any more: it is drained, or whoever started it is gone. */
async function askedToStop(shop: ShopApp, { drainMs }: Settings): Promise<void> {
  const told = new Promise<void>((resolve) => {
    for (const signal of ['SIGTERM', 'SIGINT'] as const) process.on(signal, () => resolve());
  });
  await Promise.race([told.then(() => drained(shop, drainMs)), leashCut()]);
}

// Health fails first, the listener goes last: in between, whoever sends us requests has time to find out.
async function drained({ drain, traffic }: ShopApp, drainMs: number): Promise<void> {
  drain();
  const deadline = performance.now() + drainMs + longestQuietWait;
  await sleep(drainMs);
  while (performance.now() < deadline && (traffic.inFlight > 0 || traffic.quietFor < quiet)) await sleep(20);
}

const quiet = 200;
const longestQuietWait = 20_000;

async function stop({ app, traffic }: ShopApp, pool: pg.Pool): Promise<void> {
  await app.close();
  await pool.end();
  print({ stopped: true, served: traffic.served });
  process.exit(0);
}

function print(line: object): void {
  process.stdout.write(`${JSON.stringify(line)}\n`);
}

main().catch((error: Error) => {
  console.error(`the shop could not start: ${error.message}`);
  process.exit(1);
});
