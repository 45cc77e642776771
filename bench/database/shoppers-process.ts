import pg from 'pg';
import { quantile } from '../figure.js';
import type { Felt } from './shoppers.js';

// 800 transactions a second over four sessions, three of ten of them an UPDATE, at random rows. They come when they are due,
// however long the one before takes: a session that is held up feels that with each that waits behind it.

const [url = '', rows = '1'] = process.argv.slice(2);
const everyMs = 5;
const sessions = 4;
let times: number[] = [];
let failed = 0;

async function shop(number: number): Promise<void> {
  const client = new pg.Client({ connectionString: url, application_name: 'shoppers' });
  await client.connect();
  let due = performance.now() + (number * everyMs) / sessions;
  for (let count = 0; process.connected; count++, due += everyMs) {
    const left = due - performance.now();
    if (left > 0) await new Promise((resolve) => setTimeout(resolve, left));
    const id = 1 + Math.floor(Math.random() * Number(rows));
    const statement =
      count % 10 < 3
        ? 'update customers set mail = mail where id = $1'
        : 'select name, mail from customers where id = $1';
    // A timer comes up to a millisecond late, and that is nobody's doing.
    const from = Math.max(due, Math.min(performance.now(), due + 2));
    await client.query(statement, [id]).catch(() => failed++);
    times.push(performance.now() - from);
  }
  await client.end();
}

process.on('message', () => {
  const felt: Felt = {
    statements: times.length,
    failed,
    p50: quantile(times, 0.5),
    p99: quantile(times, 0.99),
    longest: quantile(times, 1),
  };
  [times, failed] = [[], 0];
  process.send?.(felt);
});

const shopping = Array.from({ length: sessions }, (_, number) => shop(number));
process.send?.('here');
await Promise.all(shopping);
