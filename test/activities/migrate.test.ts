import { describe, expect, it, onTestFinished } from 'vitest';
import { createPhasedSqlEngine } from '../../activities/database/phased-sql-engine.js';
import type { MigrationPhase } from '../../domain/migration.js';
import { withAccount } from './account.js';
import { createCustomers, files, migration, names, phaseRun, scratchDatabase } from './database/scratch.js';
import { inActivity } from './in-activity.js';
import { admittedIn, databaseSection, type Worker } from './release-scene.js';
import { runService } from './running-services.js';

// The activity `migrate` of release-effects.ts.

const account = withAccount();

const twoContracts = { ...names, 'contract/V2.4__comment.sql': `comment on table customers is 'contracted';` };

/** A release whose files are these; `earlier` files were run by a release before it. */
async function releaseWith(scripts: Readonly<Record<string, string>>, earlier: Readonly<Record<string, string>> = {}) {
  const database = await scratchDatabase();
  await createCustomers(database, 3);
  const engine = createPhasedSqlEngine();
  if (Object.keys(earlier).length > 0) await engine.contract(migration(database, earlier), phaseRun());
  const all = { ...earlier, ...scripts };
  const scene = await admittedIn(account, { databaseUrl: database.url, migrations: files(all) });
  const migrate = (phase: MigrationPhase) =>
    inActivity(() => scene.worker.release.migrate({ ...scene.command, phase }));
  const applied = (phase: MigrationPhase) => engine.read(migration(database, all), phase);
  const effect = (name: MigrationPhase) => account.ledger.findEffect(scene.release, name);
  return { database, engine, all, scene, migrate, applied, effect };
}

describe('backfill', () => {
  it('is verified every time, also when an earlier attempt has recorded it as done', async () => {
    const { database, migrate, effect } = await releaseWith(names);
    await migrate('expand');
    await migrate('backfill');
    expect(await effect('backfill')).toMatchObject({ status: 'done' });
    await migrate('backfill');
    await database.sql(`insert into customers (full_name) values ('Bob Ray'), ('Cy Day')`);
    await expect(migrate('backfill')).rejects.toMatchObject({
      code: 'migration-failed',
      message: '2 rows are not filled after the backfill',
    });
  });

  it('alone is verified: expand has filled nothing yet', async () => {
    const { migrate, applied } = await releaseWith(names);
    await migrate('expand');
    expect(await applied('expand')).toEqual(['2.1']);
  });
});

describe('contract', () => {
  it('is refused before its first file while the old version has weight, tasks or sessions, and names them all', async () => {
    const { scene, database, migrate, applied, effect } = await releaseWith(names);
    await migrate('expand');
    await migrate('backfill');
    const { service } = await runService(account, scene, { colour: 'blue' });
    const session = await database.connect('shop-1');
    await expect(migrate('contract')).rejects.toMatchObject({
      code: 'contract-evidence-missing',
      message: expect.stringMatching(
        new RegExp(`^blue still has weight 100; ${service} is asked to run 1 tasks; pid \\d+ "shop-1"`),
      ) as string,
    });
    expect(await applied('contract')).toEqual([]);
    expect(await effect('contract')).toBeUndefined();

    await scene.setWeights({ blue: 0, green: 100 });
    await inActivity(() => scene.worker.release.retire(scene.command));
    await inActivity(() =>
      scene.worker.release.awaitRetired({ release: scene.release, old: 'blue', patienceMs: 60_000 }),
    );
    await session.end();
    await expect.poll(() => migrate('contract').then(() => 'contracted')).toBe('contracted');
    expect(await applied('contract')).toEqual(['2.3']);
    expect(await effect('contract')).toMatchObject({ status: 'done' });
  });

  it('is refused after an intent that has changed nothing, also with a contract of an earlier release in the folder', async () => {
    const { scene, migrate, applied } = await releaseWith(names, { 'contract/V1.9__nothing.sql': 'select 1;' });
    await migrate('expand');
    await migrate('backfill');
    const contract = { kind: 'schema', phase: 'contract' } as const;
    await account.ledger.recordIntent(scene.release, {
      name: 'contract',
      generation: 1,
      change: { ...contract, state: ['1.9', '2.3'] },
      before: { ...contract, state: ['1.9'] },
    });
    await expect(migrate('contract')).rejects.toMatchObject({ code: 'contract-evidence-missing' });
    expect(await applied('contract')).toEqual(['1.9']);
  });

  it('goes on once it has begun, whoever is there: there is no way back', async () => {
    const { scene, database, engine, migrate, applied } = await releaseWith(twoContracts);
    await migrate('expand');
    await migrate('backfill');
    await runService(account, scene, { colour: 'blue', desiredCount: 0 });
    await scene.setWeights({ blue: 0, green: 100 });
    const dying = scene.workerWith({
      crash: (effect, point) => {
        if (effect === 'contract' && point === 'after-intent') throw new Error('died');
      },
    });
    const half = inActivity(() => dying.release.migrate({ ...scene.command, phase: 'contract' }));
    await expect(half).rejects.toThrow('died');
    await engine.contract(migration(database, names, { lane: 'half/way' }), phaseRun());
    expect(await applied('contract')).toEqual(['2.3']);

    await database.connect('shop-1');
    await scene.setWeights({ blue: 100, green: 0 });
    await migrate('contract');
    expect(await applied('contract')).toEqual(['2.3', '2.4']);
  });
});

describe('the soft contract', () => {
  const softly = { ...databaseSection, softContract: '1s' };

  /** Expanded, filled and ready to contract, with a role that is to be kept out. */
  async function retired() {
    const database = await scratchDatabase();
    await createCustomers(database, 3);
    const app = `app_${process.pid}_${Date.now()}`;
    await database.sql(`create role ${app} login; grant select on customers to ${app}`);
    onTestFinished(async () => void (await database.sql(`drop owned by ${app}; drop role ${app}`)));
    const scene = await admittedIn(account, {
      databaseUrl: database.url,
      migrations: files(names),
      manifest: { database: softly },
    });
    for (const phase of ['expand', 'backfill'] as const) {
      await inActivity(() => scene.worker.release.migrate({ ...scene.command, phase }));
    }
    const retire = async () => {
      await runService(account, scene, { colour: 'blue', desiredCount: 0 });
      await scene.setWeights({ blue: 0, green: 100 });
    };
    const old = await database.connect('report');
    const read = () => old.query(`set role ${app}; select full_name from customers`);
    const closeOld = (worker: Worker) => inActivity(() => worker.release.closeOld(scene.command));
    return { scene, app, retire, read, closeOld };
  }

  it('stays closed when its worker dies right after it, and the way back opens it before anything else', async () => {
    const { scene, app, retire, read, closeOld } = await retired();
    expect(scene.plan.steps.map(({ name }) => name).slice(-3)).toEqual(['retire', 'soft-contract', 'contract']);
    const { release } = scene;
    await expect(closeOld(scene.worker)).rejects.toMatchObject({ code: 'contract-evidence-missing' });
    expect(await account.ledger.findEffect(release, 'soft-contract')).toBeUndefined();

    await retire();
    await read();
    const dying = scene.workerWith({
      crash: (effect, point) => {
        if (effect === 'soft-contract' && point === 'after-act') throw new Error('died');
      },
    });
    await expect(closeOld(dying)).rejects.toThrow('died');
    await expect(read()).rejects.toMatchObject({ code: '42501' });
    expect(await closeOld(scene.worker)).toBe(
      `keeps out ${app}; postgres is a superuser and keeps its rights: sessions of postgres are not tried`,
    );
    expect(await account.ledger.findEffect(release, 'soft-contract')).toMatchObject({ status: 'done' });

    const { generation, undos } = await inActivity(() => scene.worker.undo.beginWayBack(release));
    const [undo] = undos;
    if (undo?.name !== 'undo/soft-contract') throw new Error(`expected rights to go back first, found ${undo?.name}`);
    await inActivity(() => scene.worker.undo.undo({ release, generation, undo }));
    await read();
    await inActivity(() => scene.worker.undo.proveWayBack({ release, generation, undos: [undo] }));
    // A late attempt of the generation before must not close it again.
    await expect(closeOld(scene.worker)).rejects.toMatchObject({ code: 'fenced' });
    await read();
  });

  it('is over when a person takes contract over, also when the worker dies before that is written down', async () => {
    const { scene, retire, read, closeOld } = await retired();
    const { release, command } = scene;
    await retire();
    await closeOld(scene.worker);
    await expect(read()).rejects.toMatchObject({ code: '42501' });
    // Without a soft contract, or with another one after it.
    await inActivity(() => scene.worker.undo.skipSoftContract({ ...command, note: 'ann: go on' }));
    await read();
    const softContract = () => account.ledger.findEffect(release, 'soft-contract');
    expect(await softContract()).toMatchObject({ status: 'skipped', note: 'ann: go on' });
    await closeOld(scene.worker);
    expect(await softContract()).toMatchObject({ status: 'done' });
    await expect(read()).rejects.toMatchObject({ code: '42501' });
    const skip = (worker: Worker) => inActivity(() => worker.undo.skipContract({ ...command, note: 'ann: by hand' }));
    const dying = scene.workerWith({
      ledger: { ...account.ledger, recordOutcome: () => Promise.reject(new Error('died')) },
    });
    await expect(skip(dying)).rejects.toThrow('died');
    await read();
    await skip(scene.worker);
    await read();
    expect(await account.ledger.findEffect(release, 'contract')).toMatchObject({
      status: 'skipped',
      note: 'ann: by hand',
    });
    expect(await account.ledger.tolerated(release.lane, scene.plan.image)).toMatchObject({ contractedBy: '2' });
  });

  it('is refused at admission where it would keep out nobody', async () => {
    const database = await scratchDatabase();
    await createCustomers(database, 1);
    const options = { databaseUrl: database.url, migrations: files(names), manifest: { database: softly } };
    await expect(admittedIn(account, options)).rejects.toMatchObject({
      code: 'plan-refused',
      message: expect.stringContaining('found nobody it would: postgres is a superuser') as string,
    });
  });
});

describe('a release of operations', () => {
  const email = {
    name: '10_email.yaml',
    text: `operations:
  - add_column: { table: customers, up: lower(full_name), column: { name: email, type: text } }`,
  };
  const nick = {
    name: '9_nick.json',
    text: '{"operations": [{"add_column": {"table": "customers", "column": {"name": "nick", "type": "text", "nullable": true}}}]}',
  };

  it('is expanded and filled in the order of its files’ numbers, and taken back whole', async () => {
    const database = await scratchDatabase();
    await createCustomers(database, 3);
    const operations = [email, nick];
    const scene = await admittedIn(account, { databaseUrl: database.url, operations });
    expect(scene.plan.database).toMatchObject({ expand: true, backfill: true, contract: true });
    const migrate = (phase: MigrationPhase) =>
      inActivity(() => scene.worker.release.migrate({ ...scene.command, phase }));
    await migrate('expand');
    expect(await account.ledger.findEffect(scene.release, 'expand')).toMatchObject({
      change: { state: ['9_nick', '10_email'] },
    });
    await migrate('backfill');
    expect(await database.value('select count(*)::int from "public_10_email".customers where email is not null')).toBe(
      3,
    );

    const { generation, undos } = await inActivity(() => scene.worker.undo.beginWayBack(scene.release));
    const undo = undos.find(({ change }) => change.kind === 'schema');
    if (undo === undefined) throw new Error('the schema has no undo');
    await inActivity(() => scene.worker.undo.undo({ release: scene.release, generation, undo }));
    expect(await database.value(`select to_regnamespace('public_10_email')`)).toBe(null);
    expect(await database.value('select count(*)::int from sluice.schema_migration')).toBe(0);
  });

  it('is refused at admission with file, line and column of everything that is wrong', async () => {
    const wrong = { name: '1_wrong.yaml', text: 'operations:\n  - add_colunm: {}\n  - create_table: { name: t }\n' };
    await expect(admittedIn(account, { databaseUrl: 'postgres://nowhere', operations: [wrong] })).rejects.toMatchObject(
      {
        code: 'manifest-invalid',
        message:
          'database.migrations.1_wrong.yaml:2:5: unknown operation "add_colunm"; did you mean "add_column"?\n' +
          'database.migrations.1_wrong.yaml:3:5: expected a list of columns, found nothing',
      },
    );
    const database = await scratchDatabase();
    await expect(admittedIn(account, { databaseUrl: database.url, operations: [email] })).rejects.toMatchObject({
      message: expect.stringMatching(/10_email\.yaml:2:26: expected a table of public, found none called "customers"/),
    });
  });
});
