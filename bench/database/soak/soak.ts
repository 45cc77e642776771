import path from 'node:path';
import pg from 'pg';
import type { Postgres } from '../../../embedded/postgres.js';
import type { Eyes } from './agreement.js';
import { EngineStopped } from './engine.js';
import { Findings } from './findings.js';
import type { Positions } from './form.js';
import { randomOf } from './random.js';
import type { SoakReport } from './report.js';
import { RoundPlanner } from './round-plan.js';
import { Scene } from './scene.js';
import { firstPeople, peopleSql, ScriptPlanner } from './script-plan.js';
import { seenFrom, shopSql, tracks } from './shop.js';

export interface SoakOrder {
  /** Databases are made in it. */
  readonly postgres: Postgres;
  /** Where migrations are put; empty. */
  readonly dir: string;
  readonly minutes: number;
  /** Of the largest table. */
  readonly rows: number;
  readonly seed: number;
  /** Of each version in each database, and what each does in a second. */
  readonly clients: number;
  readonly actsPerSecond: number;
  /** Ends it early, with the phase under way. */
  readonly signal: AbortSignal;
  readonly say: (line: string) => void;
}

/** One in so many rounds is of SQL in phase folders. */
const roundsPerScript = 5;

/**
 * Takes the schema of a shop through one change after the other until the time is over, while clients of the old and of
 * the new version write all the time, and looks after each phase whether what they wrote is there in both forms.
 */
export async function soak(order: SoakOrder): Promise<SoakReport> {
  const { minutes, signal, rows, seed } = order;
  const findings = new Findings();
  const scenes = await openScenes(order, findings);
  const start = performance.now();
  try {
    for (let round = 1; !signal.aborted && performance.now() - start < minutes * 60_000; round++) {
      await (round % roundsPerScript === 0 ? scenes.scripts : scenes.operations).round();
    }
  } catch (error) {
    if (!(error instanceof EngineStopped)) throw error;
  } finally {
    await Promise.all(Object.values(scenes).map((scene) => scene.close()));
  }
  const { tally, rounds, divergent, engine, checks, kills } = findings;
  return {
    ...{ seed, minutes: (performance.now() - start) / 60_000, rows, rounds, divergent, engine, checks, kills },
    statements: tally.statements,
    failed: tally.failures,
    lost: tally.lost,
    stall: tally.longest,
    latencies: tally.latencies(),
  };
}

async function openScenes(order: SoakOrder, findings: Findings) {
  const { postgres, dir, rows, seed } = order;
  const random = randomOf(seed);
  const planner = new RoundPlanner(random.fork());
  let positions: Positions = tracks.map(() => 0);
  const first: Eyes = {
    ...{ version: 'old', schema: 'public', tables: seenFrom(positions), stricter: new Map(), unfilled: new Set() },
  };
  const scripts = new ScriptPlanner();
  return {
    operations: await Scene.open({
      ...{ ...order, findings, random: random.fork(), first, dir: path.join(dir, 'operations') },
      url: await databaseWith(postgres, { name: 'operations', sql: shopSql(rows) }),
      plan: () => planner.next(positions),
      onContract: ({ after }) => void (positions = after),
    }),
    scripts: await Scene.open({
      ...{ ...order, findings, random: random.fork(), dir: path.join(dir, 'scripts') },
      first: { ...first, tables: firstPeople },
      url: await databaseWith(postgres, { name: 'scripts', sql: peopleSql(rows) }),
      plan: () => scripts.next(),
      onContract: () => scripts.contracted(),
    }),
  };
}

async function databaseWith(
  { url }: Pick<Postgres, 'url'>,
  { name, sql }: { readonly name: string; readonly sql: string },
): Promise<string> {
  await inDatabase(url('postgres'), (client) => client.query(`create database ${pg.escapeIdentifier(name)}`));
  await inDatabase(url(name), (client) => client.query(sql));
  return url(name);
}

async function inDatabase(url: string, work: (client: pg.Client) => Promise<unknown>): Promise<void> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  try {
    await work(client);
  } finally {
    await client.end();
  }
}
