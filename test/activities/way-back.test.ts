import { describe, expect, it } from 'vitest';
import { createPhasedSqlEngine } from '../../activities/database/phased-sql-engine.js';
import type { Change, Undo } from '../../domain/effect.js';
import type { ReleaseRef } from '../../domain/lane.js';
import { known } from '../contract/aws-world.js';
import { withAccount } from './account.js';
import { createCustomers, files, migration, names, phaseRun, scratchDatabase } from './database/scratch.js';
import { attempt, inActivity } from './in-activity.js';
import { platformOn } from './platform-on.js';
import { type Scene, admittedIn } from './release-scene.js';
import { runService, standIn } from './running-services.js';

const account = withAccount();

const begin = ({ worker, release }: Scene) => inActivity(() => worker.undo.beginWayBack(release));

async function undoNamed(scene: Scene, name: string) {
  const { generation, undos } = await begin(scene);
  return { release: scene.release, generation, undo: known(undos.find((undo) => undo.name === name)) };
}

const resized = (desiredCount: number): Change => ({
  kind: 'service',
  cluster: 'main',
  service: 'green',
  state: { taskDefinitionArn: 'shop:1', desiredCount },
});

describe('beginning a way back', () => {
  it('takes a generation, which fences the attempts before', async () => {
    const scene = await admittedIn(account);
    const { generation, settleMs } = await begin(scene);
    expect(generation).toBe(scene.command.generation + 1);
    expect(settleMs).toBe(1_000);
    const late = inActivity(() => scene.worker.release.provision(scene.command));
    await expect(late).rejects.toMatchObject({ code: 'fenced' });
  });

  it('lists an effect that slipped in just before the fence', async () => {
    const scene = await admittedIn(account);
    const { ledger } = account;
    const worker = scene.workerWith({
      ledger: {
        ...ledger,
        async takeGeneration(lane) {
          const intent = { name: 'deploy', generation: 1, change: resized(2), before: resized(0) };
          await ledger.recordIntent(scene.release, intent);
          return ledger.takeGeneration(lane);
        },
      },
    });
    const { undos } = await inActivity(() => worker.undo.beginWayBack(scene.release));
    expect(undos.map(({ name }) => name)).toEqual(['undo/deploy']);
  });

  it('keeps what an earlier way back has done, skipped or only begun', async () => {
    const scene = await admittedIn(account);
    const { ledger } = account;
    const { release } = scene;
    const services = ['done', 'skipped', 'begun', 'untouched'];
    for (const service of services) {
      const change = { ...resized(2), service } as Change;
      await ledger.recordIntent(release, { name: service, generation: 1, change, before: change });
      if (service === 'untouched') continue;
      await ledger.recordIntent(release, { name: `undo/${service}`, generation: 2, change, before: change });
    }
    await ledger.recordOutcome(release, 'undo/done', 'done');
    await ledger.recordOutcome(release, 'undo/skipped', 'skipped', 'Ann: by hand');
    expect((await begin(scene)).undos.map(({ name, progress }) => [name, progress])).toEqual([
      ['undo/untouched', { kind: 'open' }],
      ['undo/begun', { kind: 'open' }],
      ['undo/skipped', { kind: 'skipped', note: 'Ann: by hand' }],
      ['undo/done', { kind: 'done' }],
    ]);
  });

  it('says how the release has ended, if it has', async () => {
    const scene = await admittedIn(account);
    expect(await begin(scene)).not.toHaveProperty('ended');
    await account.ledger.end({ ...scene.release, outcome: 'rolled-back' });
    expect(await begin(scene)).toMatchObject({ ended: 'rolled-back' });
  });

  it('counts on from what the database has seen, when the ledger has forgotten it', async () => {
    const { scene, database, hasColumn } = await expanded();
    await database.sql('update sluice.schema_fence set generation = 9');
    const fenced = await undoNamed(scene, 'undo/expand');
    await expect(inActivity(() => scene.worker.undo.undo(fenced))).rejects.toMatchObject({ code: 'fenced' });
    const { generation } = await inActivity(() => scene.worker.undo.beginWayBack(scene.release, 'database'));
    expect(generation).toBe(10);
    await inActivity(() => scene.worker.undo.undo({ ...fenced, generation }));
    expect(await hasColumn()).toBe(false);
  });

  it('is past the point of no return once a contract file is in effect, and not by one of an earlier release', async () => {
    const database = await scratchDatabase();
    await createCustomers(database, 1);
    const earlier = { 'contract/V1.9__nothing.sql': 'select 1;' };
    await createPhasedSqlEngine().contract(migration(database, earlier), phaseRun());
    const migrations = files({ ...earlier, ...names });
    const scene = await admittedIn(account, { databaseUrl: database.url, migrations });
    const migrate = (phase: 'expand' | 'backfill' | 'contract', generation: number) =>
      inActivity(() => scene.worker.release.migrate({ release: scene.release, generation, phase }));
    await migrate('expand', 1);
    await migrate('backfill', 1);
    expect(await begin(scene)).toMatchObject({ pastPointOfNoReturn: false });

    const contract = { kind: 'schema', phase: 'contract' } as const;
    await account.ledger.recordIntent(scene.release, {
      name: 'contract',
      generation: 2,
      change: { ...contract, state: ['1.9', '2.3'] },
      before: { ...contract, state: ['1.9'] },
    });
    const { generation, pastPointOfNoReturn } = await begin(scene);
    expect(pastPointOfNoReturn).toBe(false);

    await runService(account, scene, { colour: 'blue', desiredCount: 0 });
    await scene.setWeights({ blue: 0, green: 100 });
    await migrate('contract', generation);
    await database.sql('update sluice.schema_fence set generation = 20');
    expect(await begin(scene)).toMatchObject({ pastPointOfNoReturn: true, generation: 21 });
  });
});

describe('undoing', () => {
  it('holds to the manifest as it was admitted, whatever a newer program would say to it', async () => {
    const scene = await admittedIn(account);
    await runService(account, scene, { colour: 'blue' });
    await scene.setWeights({ blue: 0, green: 100 });
    await inActivity(() => scene.worker.release.retire(scene.command));
    const { version, lane } = scene.release;
    const stricter = { submission: { manifest: {}, migrations: [] } };
    const readRelease = async (ref: ReleaseRef) => ({ ...(await account.ledger.readRelease(ref)), ...stricter });
    const newer = scene.workerWith({ ledger: { ...account.ledger, readRelease } });
    const { generation, undos } = await inActivity(() => newer.undo.beginWayBack({ lane, version }));
    for (const undo of undos) await inActivity(() => newer.undo.undo({ release: scene.release, generation, undo }));
    expect(undos.map(({ name }) => name)).toEqual(['undo/retire']);
  });

  it('a service ends when its tasks are healthy targets: the next line gives it the traffic', async () => {
    const scene = await admittedIn(account);
    const { aws } = account;
    const blue = await runService(account, scene, { colour: 'blue' });
    await scene.setWeights({ blue: 0, green: 100 });
    await inActivity(() => scene.worker.release.retire(scene.command));
    const undo = await undoNamed(scene, 'undo/retire');

    await aws.armFault({ kind: 'slow-start', milliseconds: 1_500 });
    await inActivity(() => scene.worker.undo.undo(undo));
    const targets = await platformOn(aws.clients).router.readTargets(blue.targetGroupArn);
    expect(targets.filter(({ health }) => health === 'healthy')).toHaveLength(1);
  });

  it('is proven when a size that had to be put right again has its healthy targets', async () => {
    const scene = await admittedIn(account);
    const { aws } = account;
    const blue = await runService(account, scene, { colour: 'blue' });
    await scene.setWeights({ blue: 0, green: 100 });
    await inActivity(() => scene.worker.release.retire(scene.command));
    const { undo, ...command } = await undoNamed(scene, 'undo/retire');
    await inActivity(() => scene.worker.undo.undo({ ...command, undo }));
    const { cluster, service } = scene.serviceOf('blue');
    await aws.clients.ecs.updateService({ cluster, service, desiredCount: 0 });
    const targets = () => platformOn(aws.clients).router.readTargets(blue.targetGroupArn);
    const healthy = async () => (await targets()).filter(({ health }) => health === 'healthy').length;
    await expect.poll(healthy, { timeout: 20_000 }).toBe(0);

    await aws.armFault({ kind: 'slow-start', milliseconds: 1_500 });
    await inActivity(() => scene.worker.undo.proveWayBack({ ...command, undos: [undo] }));
    expect(await healthy()).toBe(1);
  });

  it('the schema is refused while the new version has weight', async () => {
    const { scene, hasColumn } = await expanded();
    await scene.setWeights({ blue: 95, green: 5 });
    const undo = await undoNamed(scene, 'undo/expand');
    await expect(inActivity(() => scene.worker.undo.undo(undo))).rejects.toMatchObject({
      code: 'not-in-effect',
      message: 'the schema cannot go back while green still has weight 5: its version needs it',
    });
    expect(await hasColumn()).toBe(true);
  });

  it('the schema waits until the last task of the new version has stopped', async () => {
    const { scene, hasColumn } = await expanded();
    await runService(account, scene, { colour: 'green' });
    const { cluster, service } = scene.serviceOf('green');
    const undo = await undoNamed(scene, 'undo/expand');
    const waiting = attempt(() => scene.worker.undo.undo(undo));
    await waiting.heard(`${service} is asked to run 1 tasks`);
    await account.aws.clients.ecs.updateService({ cluster, service, desiredCount: 0 });
    await waiting.heard(`${service} still has tasks`);
    expect(await hasColumn()).toBe(true);
    await waiting.end;
    expect(await hasColumn()).toBe(false);
  });

  it('the schema asks a person when tasks linger for longer than the manifest’s patience, over all attempts', async () => {
    const { scene, hasColumn } = await expanded({ patience: '5m' });
    await runService(account, scene, { colour: 'green' });
    const undo = await undoNamed(scene, 'undo/expand');
    const again = attempt(() => scene.worker.undo.undo(undo), { scheduledTimestampMs: Date.now() - 5 * 60_000 });
    await expect(again.end).rejects.toMatchObject({
      code: 'version-in-use',
      message: expect.stringMatching(/is asked to run 1 tasks, after 300 s/) as string,
    });
    expect(await hasColumn()).toBe(true);
  });

  it('the schema asks a person when the service of the new version, once made, is not there to be looked at', async () => {
    const { scene, hasColumn } = await expanded({ patience: '5m' });
    const { cluster, service } = scene.serviceOf('green');
    const change = { ...resized(0), cluster, service } as Change;
    await account.ledger.recordIntent(scene.release, { name: 'deploy', generation: 1, change, before: change });
    const undo = await undoNamed(scene, 'undo/expand');
    const again = attempt(() => scene.worker.undo.undo(undo), { scheduledTimestampMs: Date.now() - 5 * 60_000 });
    await expect(again.end).rejects.toMatchObject({
      code: 'version-in-use',
      message: `${service} is not there: whether tasks of green are left is unknown, after 300 s`,
    });
    expect(await hasColumn()).toBe(true);
  });

  it('by hand is written down with who did it, also over an undo that was begun', async () => {
    const scene = await admittedIn(account);
    const { release } = scene;
    const { ledger } = account;
    await ledger.recordIntent(release, { name: 'deploy', generation: 1, change: resized(2), before: resized(0) });
    const command = await undoNamed(scene, 'undo/deploy');
    const skip = (note: string) => inActivity(() => scene.worker.undo.skipUndo({ ...command, note }));
    const recorded = () => ledger.findEffect(release, 'undo/deploy');
    await skip('Ann: took it over');
    expect(await recorded()).toMatchObject({ status: 'skipped', note: 'Ann: took it over', change: resized(0) });
    await skip('Ann: and again');
    expect(await recorded()).toMatchObject({ status: 'skipped', note: 'Ann: and again' });
  });
});

describe('proving the way back', () => {
  it('only reads what holds, and puts right what does not', async () => {
    const scene = await admittedIn(account);
    const { worker, release } = scene;
    await standIn(account, scene.groups.blue);
    await inActivity(() => worker.release.provision(scene.command));
    const { generation, undos } = await begin(scene);
    for (const undo of undos) await inActivity(() => worker.undo.undo({ release, generation, undo }));
    const prove = (all: readonly Undo[]) =>
      inActivity(() => worker.undo.proveWayBack({ release, generation, undos: all }));

    await account.aws.forgetCalls();
    await prove(undos);
    expect(await account.aws.calls('ModifyRule')).toEqual([]);
    await scene.setWeights({ blue: 0, green: 100 }, 'test');
    await prove(undos);
    expect(await scene.weights('test')).toEqual({ blue: 100, green: 0 });
  });

  it('takes back a schema that has come again', async () => {
    const { scene, hasColumn, database } = await expanded();
    const undo = await undoNamed(scene, 'undo/expand');
    await inActivity(() => scene.worker.undo.undo(undo));
    await createPhasedSqlEngine().expand(migration(database, names), phaseRun());
    expect(await hasColumn()).toBe(true);
    await inActivity(() => scene.worker.undo.proveWayBack({ ...undo, undos: [undo.undo] }));
    expect(await hasColumn()).toBe(false);
  });
});

/** A release that has taken its schema half of the way. */
async function expanded(manifest: Readonly<Record<string, unknown>> = {}) {
  const database = await scratchDatabase();
  await createCustomers(database, 1);
  const scene = await admittedIn(account, { databaseUrl: database.url, migrations: files(names), manifest });
  await inActivity(() => scene.worker.release.migrate({ ...scene.command, phase: 'expand' }));
  const hasColumn = () =>
    database.value<boolean>(
      `select exists (select from information_schema.columns where table_name = 'customers' and column_name = 'first_name')`,
    );
  return { scene, database, hasColumn };
}
