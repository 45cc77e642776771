import { describe, expect, it } from 'vitest';
import { withAccount } from './account.js';
import { createCustomers, files, names, scratchDatabase } from './database/scratch.js';
import { inActivity } from './in-activity.js';
import { platformOn } from './platform-on.js';
import { type Scene, admittedIn } from './release-scene.js';
import { runService, standIn } from './running-services.js';
import { type Wire, wireTo } from './wire.js';

// A worker of generation 1 has sent a call that is still under way when the way back of generation 2 has undone its effect.

const account = withAccount();

const once = { maxAttempts: 1 };
const patient = { requestTimeoutMs: 20_000 };

function workerOn(scene: Scene, { clients }: Wire) {
  return scene.workerWith({ platformOf: () => platformOn(clients) });
}

/** What the workflow does, with a worker that has a good way to AWS. */
async function goBack({ worker, release }: Scene) {
  const { generation, undos } = await inActivity(() => worker.undo.beginWayBack(release));
  for (const undo of undos) await inActivity(() => worker.undo.undo({ release, generation, undo }));
  return { prove: () => inActivity(() => worker.undo.proveWayBack({ release, generation, undos })) };
}

const allOnBlue = { blue: 100, green: 0 };
const believed = allOnBlue;

describe('a call that lands after its effect was undone', () => {
  it('on the rule is put right by the proof of the way back', async () => {
    const { scene, shift } = await readyToShift();
    const wire = await wireTo(account.aws.endpoint, once);
    const held = wire.loseTouch('ModifyRule');
    await expect(shift(wire)).rejects.toMatchObject({ code: 'aws-unreachable' });

    const { prove } = await goBack(scene);
    expect(await scene.weights()).toEqual(allOnBlue);
    await held.letGo();
    expect(await scene.weights()).toEqual({ blue: 95, green: 5 });
    await prove();
    expect(await scene.weights()).toEqual(allOnBlue);
    await expect(shift(wire)).rejects.toMatchObject({ code: 'fenced' });
    expect(await scene.weights()).toEqual(allOnBlue);
  });

  it('on a service is put right by the proof of the way back', async () => {
    const scene = await admittedIn(account);
    const revision = await inActivity(() => scene.worker.release.provision(scene.command));
    const wire = await wireTo(account.aws.endpoint, once);
    const held = wire.loseTouch('UpdateService');
    const deploy = () => inActivity(() => workerOn(scene, wire).release.deploy({ ...scene.command, revision }));
    await expect(deploy()).rejects.toMatchObject({ code: 'aws-unreachable' });

    const { prove } = await goBack(scene);
    await held.letGo();
    expect(await sizeOf(scene, 'green')).toBe(1);
    await prove();
    expect(await sizeOf(scene, 'green')).toBe(0);
    await expect(deploy()).rejects.toMatchObject({ code: 'fenced' });
    expect(await sizeOf(scene, 'green')).toBe(0);
  });
});

describe('a call that lands between two lines of the way back', () => {
  it('on the rule is put right, and settles, before tasks are stopped', async () => {
    const { scene, shift, revision } = await deployedAndReadyToShift();
    const wire = await wireTo(account.aws.endpoint, once);
    const held = wire.loseTouch('ModifyRule');
    await expect(shift(wire)).rejects.toMatchObject({ code: 'aws-unreachable' });
    expect(revision).toContain('task-definition');

    const { release, worker } = scene;
    const { generation, undos } = await inActivity(() => worker.undo.beginWayBack(release));
    const [traffic, deploy] = undos;
    if (traffic === undefined || deploy === undefined) throw new Error('expected an undo of the shift and of deploy');
    expect([traffic.name, deploy.name]).toEqual(['undo/shift/5', 'undo/deploy']);
    await inActivity(() => worker.undo.undo({ release, generation, undo: traffic }));
    await held.letGo();
    expect(await scene.weights()).toEqual({ blue: 95, green: 5 });

    const alone = { release, generation, undo: deploy };
    await expect(inActivity(() => worker.undo.undo(alone))).rejects.toMatchObject({ code: 'not-in-effect' });
    expect(await sizeOf(scene, 'green')).toBe(1);
    const began = performance.now();
    await inActivity(() => worker.undo.undo({ ...alone, earlier: [traffic], settleMs: 300 }));
    expect(performance.now() - began).toBeGreaterThan(300);
    expect(await scene.weights()).toEqual(allOnBlue);
    expect(await sizeOf(scene, 'green')).toBe(0);
  });
});

describe('an attempt that was slow, and has not acted when its effect is undone,', () => {
  it('does not write the rule', async () => {
    const { scene, shift } = await readyToShift();
    const wire = await wireTo(account.aws.endpoint, patient);
    const held = wire.hold('DescribeTargetHealth');
    const shifting = shift(wire);
    shifting.catch(() => undefined);
    await held.begun;

    await goBack(scene);
    await account.aws.forgetCalls();
    await held.letGo();
    await expect(shifting).rejects.toMatchObject({ code: 'fenced' });
    expect(await account.aws.calls('ModifyRule')).toEqual([]);
  });

  it('stops no tasks', async () => {
    const scene = await admittedIn(account);
    await runService(account, scene, { colour: 'blue' });
    await scene.setWeights({ blue: 0, green: 100 });
    const wire = await wireTo(account.aws.endpoint, patient);
    const held = wire.hold('DescribeRules');
    const retiring = inActivity(() => workerOn(scene, wire).release.retire(scene.command));
    retiring.catch(() => undefined);
    await held.begun;

    await goBack(scene);
    await held.letGo();
    await expect(retiring).rejects.toMatchObject({ code: 'fenced' });
    expect(await sizeOf(scene, 'blue')).toBe(1);
  });

  it('does not touch the schema: the undo that finds nothing to take back takes the database from it', async () => {
    const database = await scratchDatabase();
    await createCustomers(database, 1);
    const scene = await admittedIn(account, { databaseUrl: database.url, migrations: files(names) });
    const columns = () =>
      database.value<string>(
        `select string_agg(column_name, ' ' order by ordinal_position) from information_schema.columns where table_name = 'customers'`,
      );
    const other = await database.connect();
    await other.query('begin; lock table customers');
    const expanding = inActivity(() => scene.worker.release.migrate({ ...scene.command, phase: 'expand' }));
    expanding.catch(() => undefined);
    const waiting = `select count(*)::int from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock'`;
    await expect.poll(() => database.value<number>(waiting)).toBe(1);

    await goBack(scene);
    await other.query('commit');
    await expect(expanding).rejects.toMatchObject({ code: expect.stringMatching(/fenced|unreachable/) as string });
    expect(await columns()).toBe('id full_name');
  });
});

it('a contract that is still at work is ended before it is looked whether it has begun', async () => {
  const database = await scratchDatabase();
  await createCustomers(database, 1);
  await database.sql('create table go ()');
  const slow = `alter table customers drop column full_name;
    do $$ begin while not exists (select from go) loop perform pg_sleep(0.05); end loop; end $$;`;
  const migrations = files({ ...names, 'contract/V2.3__full_name.sql': slow });
  const scene = await admittedIn(account, { databaseUrl: database.url, migrations });
  const migrate = (phase: 'expand' | 'backfill' | 'contract') =>
    inActivity(() => scene.worker.release.migrate({ ...scene.command, phase }));
  await migrate('expand');
  await migrate('backfill');
  await runService(account, scene, { colour: 'blue', desiredCount: 0 });
  await scene.setWeights({ blue: 0, green: 100 });
  const contracting = migrate('contract');
  contracting.catch(() => undefined);
  const atWork = `select count(*)::int from pg_stat_activity
    where datname = current_database() and application_name = 'sluice/contract' and query like '%from go%'`;
  await expect.poll(() => database.value<number>(atWork), { timeout: 20_000 }).toBe(1);

  const { pastPointOfNoReturn } = await inActivity(() => scene.worker.undo.beginWayBack(scene.release));
  expect(pastPointOfNoReturn).toBe(false);
  await database.sql('insert into go default values');
  await expect(contracting).rejects.toMatchObject({ code: expect.stringMatching(/fenced|unreachable/) as string });
  expect(await database.value<boolean>(hasFullName)).toBe(true);
});

const hasFullName = `select exists (select from information_schema.columns
  where table_name = 'customers' and column_name = 'full_name')`;

/** Green deployed beside blue, both with a healthy target; `shift` is the first step, by a worker on that wire. */
async function readyToShift() {
  const scene = await admittedIn(account);
  for (const group of [scene.groups.blue, scene.groups.green]) await standIn(account, group);
  const order = { ...scene.command, name: 'shift/5', percent: 5, believed };
  const shift = (wire: Wire) => inActivity(() => workerOn(scene, wire).release.shift(order));
  return { scene, shift };
}

async function deployedAndReadyToShift() {
  const { scene, shift } = await readyToShift();
  const revision = await inActivity(() => scene.worker.release.provision(scene.command));
  await inActivity(() => scene.worker.release.deploy({ ...scene.command, revision }));
  return { scene, shift, revision };
}

async function sizeOf(scene: Scene, colour: 'blue' | 'green'): Promise<number | undefined> {
  const { cluster, service } = scene.serviceOf(colour);
  const { services } = await account.aws.clients.ecs.describeServices({ cluster, services: [service] });
  return services?.[0]?.desiredCount;
}
