import pg from 'pg';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { type PgLedger, openLedger } from '../../../activities/ledger/pg-ledger.js';
import type { Change } from '../../../domain/effect.js';
import type { ReleaseRef } from '../../../domain/lane.js';
import type { Plan } from '../../../domain/plan.js';
import type { ReleaseRequest } from '../../../domain/release-request.js';
import { freshDatabase } from '../../support/postgres.js';

let ledger: PgLedger;
let url: string;
let count = 0;
let release: ReleaseRef;

beforeAll(async () => {
  url = await freshDatabase('ledger');
  ledger = await openLedger(url);
});
afterAll(() => ledger.close());
beforeEach(() => {
  release = { lane: { environment: 'test', service: `shop-${++count}` }, version: '1' };
});

const submission = { manifest: { kind: 'Release' }, migrations: [] };
const plan = { version: '1' } as unknown as Plan;
const request = { version: '1' } as unknown as ReleaseRequest;
const frozen = { request, plan, planHash: 'p' };
const size = (desiredCount: number): Change => ({
  kind: 'service',
  cluster: 'shop',
  service: 'green',
  state: { taskDefinitionArn: 'shop:1', desiredCount },
});
const register = (ref: ReleaseRef, manifestHash = 'a') =>
  ledger.register({ ...ref, manifestHash, submission, actor: 'ci' });
const other = (version: string): ReleaseRef => ({ ...release, version });

describe('registering a release', () => {
  it('queues it once, and attaches every repeat, however many come at a time', async () => {
    const answers = await Promise.all(Array.from({ length: 8 }, () => register(release)));
    expect(answers.filter(({ attached }) => !attached)).toHaveLength(1);
    expect(await ledger.openReleases(release.lane)).toHaveLength(1);
  });

  it('refuses other content under the same id with both hashes, also after the release has ended', async () => {
    await register(release, 'hash-of-old');
    const refusal = expect.objectContaining({
      code: 'release-changed',
      message: expect.stringMatching(/hash-of-old.*hash-of-new/) as string,
    });
    await expect(register(release, 'hash-of-new')).rejects.toEqual(refusal);
    await ledger.begin(release, frozen);
    await ledger.end({ ...release, outcome: 'rolled-back' });
    await expect(register(release, 'hash-of-new')).rejects.toEqual(refusal);
    expect(await register(release, 'hash-of-old')).toMatchObject({
      state: 'ended',
      outcome: 'rolled-back',
      attached: true,
    });
  });

  it('takes a refused release again, with any content: nothing was changed by it', async () => {
    await register(release);
    await ledger.end({ ...release, outcome: 'refused', failure: { code: 'plan-refused', message: 'no' } });
    expect(await register(release, 'b')).toMatchObject({ state: 'queued', attached: false, manifestHash: 'b' });
  });

  it('lets a release be withdrawn until it begins, and be submitted again', async () => {
    const failure = { code: 'aborted', message: 'ann: not today' } as const;
    await register(release);
    await register(other('2'));
    await ledger.begin(release, frozen);
    expect(await ledger.withdraw(release, failure)).toBe(false);
    expect(await ledger.withdraw(other('2'), failure)).toBe(true);
    expect(await ledger.withdraw(other('2'), failure)).toBe(true);
    expect((await ledger.openReleases(release.lane)).map(({ version }) => version)).toEqual(['1']);
    expect(await register(other('2'), 'b')).toMatchObject({ state: 'queued', attached: false });
  });

  it('keeps the order in which releases came, and a refused one that comes again goes to the end', async () => {
    await register(release);
    await register(other('2'));
    await ledger.end({ ...release, outcome: 'refused' });
    await register(release);
    expect((await ledger.openReleases(release.lane)).map(({ version }) => version)).toEqual(['2', '1']);
  });
});

describe('beginning a release', () => {
  it('freezes the first plan and its generation, whatever a retry brings', async () => {
    await register(release);
    const first = await ledger.begin(release, frozen);
    expect(first.generation).toBe(1);
    expect(
      await ledger.begin(release, { ...frozen, plan: { ...plan, version: 'other' } as Plan, planHash: 'q' }),
    ).toEqual(first);
    await expect(ledger.checkGeneration(release.lane, 1)).resolves.toBeUndefined();
  });

  it('fences the generation before, and says which two they are', async () => {
    await register(release);
    const { generation } = await ledger.begin(release, frozen);
    await ledger.takeGeneration(release.lane);
    await expect(ledger.checkGeneration(release.lane, generation)).rejects.toMatchObject({
      code: 'fenced',
      message: expect.stringMatching(/generation 2.*generation 1/) as string,
    });
  });

  it('takes one generation when it is delivered twice at the same moment', async () => {
    await register(release);
    const session = new pg.Client({ connectionString: url });
    await session.connect();
    // Both have looked at the release before either can take a generation.
    await session.query('begin');
    await session.query('select from sluice.lane where service = $1 for update', [release.lane.service]);
    const begun = Promise.all([ledger.begin(release, frozen), ledger.begin(release, frozen)]);
    const waiting = async () => {
      // A transaction keeps the answer it got first.
      await session.query('select pg_stat_clear_snapshot()');
      const { rows } = await session.query<{ n: number }>(
        `select count(*)::int as n from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock'`,
      );
      return rows[0]?.n;
    };
    await expect.poll(waiting).toBe(2);
    await session.query('commit');
    await session.end();
    expect((await begun).map(({ generation }) => generation)).toEqual([1, 1]);
    await ledger.checkGeneration(release.lane, 1);
  });

  it('counts on from a generation that a restored ledger has forgotten', async () => {
    await register(release);
    expect(await ledger.begin(release, frozen, 6)).toMatchObject({ generation: 7 });
    expect(await ledger.takeGeneration(release.lane, 3)).toBe(8);
    expect(await ledger.takeGeneration(release.lane, 9)).toBe(10);
    expect(await ledger.takeGeneration({ ...release.lane, environment: 'forgotten' }, 4)).toBe(5);
  });

  it('is refused for a release nobody submitted', async () => {
    await expect(ledger.begin(release, frozen)).rejects.toMatchObject({ code: 'release-unknown' });
  });
});

describe('an effect', () => {
  it('keeps the state that was found first, however often its intent is written', async () => {
    await register(release);
    const intent = { name: 'deploy', generation: 1, change: size(2) };
    await ledger.recordIntent(release, { ...intent, before: size(0) });
    const again = await ledger.recordIntent(release, { ...intent, generation: 2, before: size(2) });
    expect(again).toMatchObject({ before: size(0), status: 'intent', generation: 1 });
  });

  it('is read back in the order of intents', async () => {
    await register(release);
    for (const name of ['expand', 'deploy', 'shift/5']) {
      await ledger.recordIntent(release, { name, generation: 1, change: size(2), before: size(0) });
    }
    await ledger.recordOutcome(release, 'deploy', 'done');
    const effects = await ledger.readEffects(release);
    expect(effects.map(({ name, status }) => [name, status])).toEqual([
      ['expand', 'intent'],
      ['deploy', 'done'],
      ['shift/5', 'intent'],
    ]);
  });
});

describe('what was', () => {
  it('is told newest first, as it ended, and no more of it than asked for', async () => {
    await register(release);
    await register(other('2'));
    await register({ ...release, lane: { ...release.lane, environment: 'elsewhere' } });
    await ledger.begin(release, frozen);
    await ledger.end({ ...release, outcome: 'rolled-back', failure: { code: 'aborted', message: 'ann: no' } });
    const [newest, oldest, ...rest] = await ledger.history(release.lane, 10);
    expect(rest).toEqual([]);
    expect(newest).toEqual({ version: '2', state: 'queued', actor: 'ci', submittedAt: expect.any(Number) });
    expect(oldest).toMatchObject({
      version: '1',
      state: 'ended',
      outcome: 'rolled-back',
      failure: { code: 'aborted', message: 'ann: no' },
    });
    const { submittedAt = 0, startedAt = 0, endedAt = 0 } = oldest ?? {};
    expect([submittedAt, startedAt, endedAt, Date.now()]).toEqual(
      [submittedAt, startedAt, endedAt, Date.now()].toSorted((a, b) => a - b),
    );
    expect(await ledger.history(release.lane, 1)).toEqual([newest]);
  });

  it('holds every effect with its times, and the plan once it is frozen', async () => {
    await register(release);
    expect(await ledger.readRecord(release)).toEqual({ release: expect.anything(), effects: [] });
    await ledger.begin(release, frozen);
    for (const name of ['expand', 'deploy']) {
      await ledger.recordIntent(release, { name, generation: 1, change: size(2), before: size(0) });
    }
    await ledger.recordOutcome(release, 'expand', 'skipped', 'ann: by hand');
    const { plan: planned, effects } = await ledger.readRecord(release);
    expect(planned).toEqual(plan);
    expect(effects).toEqual([
      expect.objectContaining({
        name: 'expand',
        status: 'skipped',
        note: 'ann: by hand',
        before: size(0),
        change: size(2),
        intendedAt: expect.any(Number),
        settledAt: expect.any(Number),
      }),
      expect.objectContaining({ name: 'deploy', status: 'intent', intendedAt: expect.any(Number) }),
    ]);
    expect(effects[1]).not.toHaveProperty('settledAt');
    await expect(ledger.readRecord(other('404'))).rejects.toMatchObject({ code: 'release-unknown' });
  });
});

describe('what a contract leaves to older versions', () => {
  const released = async (version: string, { image = version, contracts = false, oldestVersion = '' } = {}) => {
    await register(other(version));
    const database = oldestVersion === '' ? {} : { database: { oldestVersion } };
    await ledger.begin(other(version), {
      request: { version, ...database } as unknown as ReleaseRequest,
      plan: { version, image } as unknown as Plan,
      planHash: 'p',
    });
    if (!contracts) return;
    await ledger.recordIntent(other(version), { name: 'contract', generation: 1, change: size(2), before: size(0) });
    await ledger.recordOutcome(other(version), 'contract', 'done');
  };
  const tolerated = (image: string) => ledger.tolerated(release.lane, image);

  it('is nothing that was released before, by the image, until it is released again', async () => {
    await released('1');
    expect(await tolerated('1')).toBeUndefined();
    await released('2', { contracts: true });
    expect(await tolerated('1')).toEqual({ contractedBy: '2', oldest: '2', olderImageOf: '1' });
    for (const image of ['2', 'new']) expect(await tolerated(image)).toEqual({ contractedBy: '2', oldest: '2' });
    await released('3', { image: '1' });
    expect(await tolerated('1')).toEqual({ contractedBy: '2', oldest: '2' });
  });

  it('is what the strictest of the contracts states', async () => {
    for (const version of ['1', '2']) await released(version);
    await released('3', { contracts: true, oldestVersion: '2' });
    expect(await tolerated('1')).toEqual({ contractedBy: '3', oldest: '2', olderImageOf: '1' });
    expect(await tolerated('2')).toEqual({ contractedBy: '3', oldest: '2' });
    await released('4', { contracts: true });
    await released('5', { contracts: true, oldestVersion: '1' });
    expect(await tolerated('3')).toEqual({ contractedBy: '4', oldest: '4', olderImageOf: '3' });
  });
});

describe('opening the ledger', () => {
  it('may be done by several workers at once', async () => {
    const fresh = await freshDatabase('ledger-race');
    const ledgers = await Promise.all([openLedger(fresh), openLedger(fresh), openLedger(fresh)]);
    expect(await ledgers[0]?.openReleases()).toEqual([]);
    await Promise.all(ledgers.map((opened) => opened.close()));
  });

  it('refuses a ledger that a newer program has migrated', async () => {
    const fresh = await freshDatabase('ledger-ahead');
    const opened = await openLedger(fresh);
    await opened.close();
    const pg = await import('pg');
    const client = new pg.default.Client({ connectionString: fresh });
    await client.connect();
    await client.query("insert into sluice.migration (name) values ('9999_future.sql')");
    await client.end();
    await expect(openLedger(fresh)).rejects.toThrow(/9999_future\.sql.*newer/);
  });

  it('says ledger-unreachable, without the password, when nobody listens', async () => {
    const error = await openLedger('postgres://sluice:hunter2@127.0.0.1:1/sluice').catch((reason: unknown) => reason);
    expect(error).toMatchObject({ code: 'ledger-unreachable' });
    expect(String((error as Error).message)).not.toContain('hunter2');
  });
});

it.each([
  ['its tables', 'grant usage on schema sluice to guest; grant all on all tables in schema sluice to guest'],
  ['its schema', 'drop schema sluice cascade; create schema sluice; grant usage, create on schema sluice to guest'],
])('opens for a role that may create no schema, once somebody else has made %s', async (_, made) => {
  const fresh = new URL(await freshDatabase('ledger-guest'));
  await (await openLedger(fresh.href)).close();
  const admin = new pg.Client({ connectionString: fresh.href });
  await admin.connect();
  await admin.query(`create role guest login password 'guest'; ${made}`);
  try {
    const opened = await openLedger(Object.assign(fresh, { username: 'guest', password: 'guest' }).href);
    expect(await opened.openReleases()).toEqual(expect.any(Array));
    await opened.close();
  } finally {
    await admin.query('drop owned by guest cascade; drop role guest');
    await admin.end();
  }
});
