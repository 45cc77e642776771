import { readFile } from 'node:fs/promises';
import pg from 'pg';

/** Makes the tables the first version of the shop knows. Fails when they are there already. */
export async function createSchema(databaseUrl: string): Promise<void> {
  const sql = await readFile(new URL('./schema/V1__shop.sql', import.meta.url), 'utf8');
  await withClient(databaseUrl, async (client) => {
    await client.query('begin');
    await client.query(sql);
    await client.query('commit');
  });
}

/** Makes a role that owns nothing for the service, as it should have one, and answers with its connection string. */
export async function createServiceRole(databaseUrl: string): Promise<string> {
  const url = new URL(databaseUrl);
  // Roles are the whole server's.
  url.username = `${decodeURIComponent(url.pathname.slice(1))}_service`;
  await withClient(databaseUrl, async (client) => {
    const role = client.escapeIdentifier(url.username);
    await client.query(`create role ${role} login password ${client.escapeLiteral(decodeURIComponent(url.password))}`);
    await client.query(`grant select, insert, update, delete on all tables in schema public to ${role}`);
  });
  return url.href;
}

export interface Seed {
  /** How many customers, with the ids 1 to `customers` in an empty shop. Default 120,000. */
  readonly customers?: number;
  /** Default 40. */
  readonly products?: number;
}

/** Fills the tables of the first version, before any migration. */
export async function seed(databaseUrl: string, { customers = 120_000, products = 40 }: Seed = {}): Promise<void> {
  await withClient(databaseUrl, async (client) => {
    await client.query(productsSql, [products]);
    await client.query(customersSql, [customers, firstNames, lastNames]);
    await client.query('analyze products, customers');
  });
}

const productsSql = `
  insert into products (name, price_cents)
  select 'Product ' || n, 199 + (n * 7919) % 9800 from generate_series(1, $1::int) n`;

// Names of one word, of several, and with spaces where nobody expects them: what a split has to live with.
const firstNames = ['Ada', 'Grace', 'Mary Ann', 'Jean-Luc', 'José', 'Łucja', 'Björk', 'Nguyễn', 'Madonna', 'X Æ'];
const lastNames = ['Lovelace', 'Hopper', 'van der Berg', "O'Neill", '', 'García Márquez', 'Šimić', 'Smith', '李'];

const customersSql = `
  insert into customers (email, full_name)
  select 'customer' || n || '@example.com',
         rtrim(($2::text[])[1 + n % cardinality($2::text[])] || ' ' || ($3::text[])[1 + (n / 7) % cardinality($3::text[])])
  from generate_series(1, $1::int) n
  order by n`;

async function withClient(databaseUrl: string, work: (client: pg.Client) => Promise<void>): Promise<void> {
  const client = new pg.Client({ connectionString: databaseUrl });
  try {
    await client.connect();
    await work(client);
  } finally {
    await client.end();
  }
}
