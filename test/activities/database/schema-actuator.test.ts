import { describe, expect, it } from 'vitest';
import type { ActContext } from '../../../activities/actuator.js';
import { createPhasedSqlEngine } from '../../../activities/database/phased-sql-engine.js';
import { createSchemaActuator, readMigration } from '../../../activities/database/schema-actuator.js';
import { environmentSecrets } from '../../../activities/secrets.js';
import type { SchemaChange } from '../../../domain/effect.js';
import type { MigrationPhase } from '../../../domain/migration.js';
import type { ReleaseRequest } from '../../../domain/release-request.js';
import { createCustomers, files, names, scratchDatabase } from './scratch.js';

const release = { lane: { environment: 'test', service: 'shop' }, version: '2' };

function requestWith(scripts: Readonly<Record<string, string>>): ReleaseRequest {
  const database = {
    urlSecret: 'env:SHOP_DATABASE_URL',
    applicationName: 'shop-{version}',
    migrations: files(scripts),
    lockTimeoutMs: 200,
  };
  return { ...release, database } as unknown as ReleaseRequest;
}

async function schemaWith(scripts: Readonly<Record<string, string>> = names) {
  const database = await scratchDatabase();
  await createCustomers(database, 3);
  const actuator = createSchemaActuator({
    engine: createPhasedSqlEngine({ pacing: { pauseRatio: 0 } }),
    readRequest: () => Promise.resolve(requestWith(scripts)),
    secrets: environmentSecrets({ SHOP_DATABASE_URL: database.url }),
    tellRun: () => () => {},
  });
  const told: string[] = [];
  const fence = () => Promise.resolve();
  const context = (changes: Partial<ActContext> = {}) => ({
    release,
    generation: 1,
    signal: new AbortController().signal,
    onProgress: (detail: string) => void told.push(detail),
    fence,
    ...changes,
  });
  const change = (phase: MigrationPhase, state: readonly string[]): SchemaChange => ({ kind: 'schema', phase, state });
  const observe = (phase: MigrationPhase) => actuator.observe(change(phase, []), context());
  const act = async (phase: MigrationPhase, state: readonly string[], changes?: Partial<ActContext>) =>
    actuator.act(change(phase, state), await observe(phase), context(changes));
  return { actuator, observe, act, told, database };
}

describe('the schema', () => {
  it('is taken through its phases, and what is in effect is told phase by phase', async () => {
    const { observe, act, told, database } = await schemaWith();
    await act('expand', ['2.1']);
    expect([await observe('expand'), await observe('backfill')]).toEqual([['2.1'], []]);
    await act('backfill', ['2.2']);
    expect(await database.value(`select count(*)::int from customers where first_name is null`)).toBe(0);
    expect([await observe('backfill'), await observe('contract')]).toEqual([['2.2'], []]);
    await act('contract', ['2.3']);
    expect(await observe('contract')).toEqual(['2.3']);
    expect(told).toContainEqual(expect.stringMatching(/^backfill\/V2\.2__names\.sql: ./));
  });

  it('goes back to the versions that were there before, and no further', async () => {
    const { observe, act } = await schemaWith({
      'expand/V1.1__note.sql': 'alter table customers add column note text;',
      'expand/U1.1__note.sql': 'alter table customers drop column note;',
      ...names,
    });
    await act('expand', ['1.1', '2.1']);
    await act('expand', ['1.1']);
    expect(await observe('expand')).toEqual(['1.1']);
    await act('expand', []);
    expect(await observe('expand')).toEqual([]);
  });

  it('is as wanted when just the wanted versions are in effect', async () => {
    const { actuator } = await schemaWith();
    expect(actuator.holds(['1', '2'], ['1', '2'])).toBe(true);
    expect(actuator.holds([], [])).toBe(true);
    expect(actuator.holds(['1', '2'], ['1'])).toBe(false);
    expect(actuator.holds(['1'], ['1', '2'])).toBe(false);
  });

  it('is not changed by an older generation', async () => {
    const { observe, act } = await schemaWith();
    await act('expand', ['2.1'], { generation: 2 });
    await act('expand', [], { generation: 3 });
    await expect(act('expand', ['2.1'], { generation: 2 })).rejects.toMatchObject({ code: 'fenced' });
    expect(await observe('expand')).toEqual([]);
  });

  it('is taken from older attempts also when there is nothing to do', async () => {
    const { actuator, observe, act } = await schemaWith();
    expect(actuator.repeatable).toBe(true);
    await act('expand', [], { generation: 2 });
    expect(await observe('expand')).toEqual([]);
    await expect(act('expand', ['2.1'])).rejects.toMatchObject({ code: 'fenced' });
    await act('expand', ['2.1'], { generation: 3 });
    await act('expand', ['2.1'], { generation: 4 });
    expect(await observe('expand')).toEqual(['2.1']);
  });

  it('is not changed for a release that no longer waits', async () => {
    const { observe, act } = await schemaWith();
    const signal = AbortSignal.abort(new Error('cancelled'));
    await expect(act('expand', ['2.1'], { signal })).rejects.toThrow('cancelled');
    expect(await observe('expand')).toEqual([]);
  });
});

describe('the migration of a release', () => {
  const secrets = environmentSecrets({ SHOP_DATABASE_URL: 'postgres://shop@db/shop' });
  const read = (request: ReleaseRequest, known = secrets) =>
    readMigration({ readRequest: () => Promise.resolve(request), secrets: known }, release);

  it('has its files, the secret’s value, and the names of the sessions of this and of any version', async () => {
    expect(await read(requestWith(names))).toEqual({
      lane: 'test/shop',
      url: 'postgres://shop@db/shop',
      files: files(names),
      operations: [],
      lockTimeoutMs: 200,
      sessions: { current: 'shop-2', pattern: 'shop-%' },
    });
  });

  it('has the limits and the pace of a backfill that the manifest states', async () => {
    const request = requestWith(names);
    const stated = { brakes: { vacuum: 'off' }, pace: 0.2 };
    const database = { ...request.database, ...stated };
    expect(await read({ ...request, database } as ReleaseRequest)).toMatchObject(stated);
  });

  it('names the version wherever it stands', async () => {
    const request = requestWith(names);
    const database = { ...request.database, applicationName: '{version}/shop/{version}' };
    const { sessions } = await read({ ...request, database } as ReleaseRequest);
    expect(sessions).toEqual({ current: '2/shop/2', pattern: '%/shop/%' });
  });

  it('is refused to a manifest without a database, and to a worker without the secret', async () => {
    const { database: _, ...without } = requestWith(names);
    await expect(read(without)).rejects.toMatchObject({ code: 'manifest-invalid' });
    await expect(read(requestWith(names), environmentSecrets({}))).rejects.toMatchObject({
      code: 'secret-missing',
      message: expect.stringContaining('env:SHOP_DATABASE_URL') as string,
    });
  });
});
