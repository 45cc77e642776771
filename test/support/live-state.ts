import pg from 'pg';
import type { AwsClients } from '../../activities/aws-clients.js';
import type { Colour } from '../../domain/colour.js';
import type { Weights } from '../../domain/traffic.js';
import type { Stack } from '../../embedded/stack.js';
import { withAwsOfSomebody } from './aws-of-somebody.js';
import { liveRule } from './live-rule.js';

interface Tasks {
  readonly desired: number;
  readonly running: number;
}

/** What a release of version 2 leaves that came to its end with contract. */
export function releasedOnGreen(count: number): LiveState {
  return {
    weights: { blue: 0, green: 100 },
    tasks: { blue: tasks(0), green: tasks(count) },
    schema: ['customers.first_name', 'customers.last_name', 'customers_v1.full_name'],
    outcomes: ['released'],
    unsettled: [],
  };
}

/** What was there before version 2. */
export function backOnBlue(count: number): LiveState {
  return {
    weights: { blue: 100, green: 0 },
    tasks: { blue: tasks(count), green: tasks(0) },
    schema: ['customers.full_name'],
    outcomes: ['rolled-back'],
    unsettled: [],
  };
}

/** All that were ordered, and no other, run. */
function tasks(count: number): Tasks {
  return { desired: count, running: count };
}

/** What AWS, the shop's database and the ledger hold, read by somebody who is not sluice. */
export interface LiveState {
  readonly weights: Weights;
  /** Tasks as ordered and as running. */
  readonly tasks: Readonly<Record<Colour, Tasks>>;
  /** Columns and views that version 2 of the shop brings or takes away, sorted. */
  readonly schema: readonly string[];
  /** Of all releases: their outcomes in the order they were submitted, and the effects that nobody knows the end of. */
  readonly outcomes: readonly (string | null)[];
  readonly unsettled: readonly string[];
}

export async function liveState(stack: Stack): Promise<LiveState> {
  const [aws, schema, ledger] = await Promise.all([
    withAwsOfSomebody(stack, async (clients) => ({
      weights: await liveRule(stack, clients).weights(),
      tasks: await liveTasks(stack, clients),
    })),
    namesInSchema(stack.shopDatabaseUrl),
    ledgerOf(stack.ledgerUrl),
  ]);
  return { ...aws, schema, ...ledger };
}

async function liveTasks({ infrastructure }: Stack, { ecs }: AwsClients): Promise<LiveState['tasks']> {
  const names = { blue: 'shop-blue', green: 'shop-green' };
  const { services = [] } = await ecs.describeServices({
    cluster: infrastructure.cluster,
    services: Object.values(names),
  });
  const of = (colour: Colour) => {
    const found = services.find(({ serviceName }) => serviceName === names[colour]);
    return { desired: found?.desiredCount ?? 0, running: found?.runningCount ?? 0 };
  };
  return { blue: of('blue'), green: of('green') };
}

async function namesInSchema(url: string): Promise<readonly string[]> {
  const rows = await query<{ name: string }>(
    url,
    `select table_name || '.' || column_name as name from information_schema.columns
     where column_name in ('full_name', 'first_name', 'last_name') order by name`,
  );
  return rows.map(({ name }) => name);
}

async function ledgerOf(url: string): Promise<Pick<LiveState, 'outcomes' | 'unsettled'>> {
  const releases = await query<{ outcome: string | null }>(url, 'select outcome from sluice.release order by sequence');
  const effects = await query<{ name: string }>(
    url,
    "select name from sluice.effect where status = 'intent' order by name",
  );
  return { outcomes: releases.map(({ outcome }) => outcome), unsettled: effects.map(({ name }) => name) };
}

/** Names of all effects that the ledger holds of a release. */
export async function effectsOf({ ledgerUrl }: Stack, version: string): Promise<readonly string[]> {
  const rows = await query<{ name: string }>(ledgerUrl, 'select name from sluice.effect where version = $1', [version]);
  return rows.map(({ name }) => name);
}

async function query<Row extends pg.QueryResultRow>(
  connectionString: string,
  sql: string,
  values: unknown[] = [],
): Promise<Row[]> {
  const client = new pg.Client({ connectionString });
  await client.connect();
  try {
    return (await client.query<Row>(sql, values)).rows;
  } finally {
    await client.end();
  }
}
