import { describe, expect, it } from 'vitest';
import { manifestHash } from '../../../activities/admission/manifest-hash.js';
import { createPhasedSqlEngine } from '../../../activities/database/phased-sql-engine.js';
import { createTargetGroup } from '../../contract/aws-world.js';
import { withAccount } from '../account.js';
import { createCustomers, files, migration, names, phaseRun, scratchDatabase } from '../database/scratch.js';
import { inActivity } from '../in-activity.js';
import { type Scene, type SceneOptions, sceneIn } from '../release-scene.js';
import { runService } from '../running-services.js';

const account = withAccount();

/** Those of production and of the test. */
const rulesALook = 2;

async function submittedIn(options: SceneOptions = {}) {
  const scene = await sceneIn(account, options);
  await register(scene);
  return scene;
}

const register = (scene: Scene, changes: Partial<Scene['submission']> = {}) =>
  inActivity(() => scene.worker.release.registerRelease({ ...scene.submission, ...changes }));
const admit = (scene: Scene) => inActivity(() => scene.worker.release.admit(scene.release));
const stateOf = async ({ release }: Scene) => (await account.ledger.readRelease(release)).state;

describe('registering', () => {
  it('answers under which names the release is known, and attaches a repeat', async () => {
    const scene = await sceneIn(account);
    const { environment, service } = scene.release.lane;
    const first = await register(scene);
    expect(first).toEqual({
      releaseId: `${service}-2`,
      version: '2',
      workflowId: `release/${environment}/${service}/2`,
      manifestHash: expect.stringMatching(/./) as string,
      state: 'queued',
      attached: false,
    });
    expect(await register(scene)).toEqual({ ...first, attached: true });
    await account.ledger.end({ ...scene.release, outcome: 'rolled-back' });
    expect(await register(scene)).toEqual({ ...first, attached: true, state: 'ended', outcome: 'rolled-back' });
  });

  it('knows a release by what is in it', async () => {
    const scene = await submittedIn();
    const manifest = { ...(scene.submission.manifest as object), warmWindow: '1m' };
    await expect(register(scene, { manifest })).rejects.toMatchObject({ code: 'release-changed' });
  });

  it('counts operations among it, under the hash that the command line knows', async () => {
    const operations = [{ name: '1_note.yaml', text: 'operations: [{ drop_index: { name: by_note } }]' }];
    const scene = await sceneIn(account, { databaseUrl: 'postgres://nowhere', operations });
    const { manifest, migrations } = scene.submission;
    const { manifestHash: hash } = await register(scene);
    expect(hash).toBe(manifestHash({ manifest, migrations, operations }));
    const others = [{ name: '1_note.yaml', text: 'operations: [{ drop_index: { name: by_email } }]' }];
    await expect(register(scene, { operations: others })).rejects.toMatchObject({ code: 'release-changed' });
  });

  it('parses what arrives, whoever has parsed it before, and names every problem', async () => {
    const scene = await sceneIn(account);
    const manifest = { ...(scene.submission.manifest as object), image: 'shop:latest', canary: {} };
    await expect(register(scene, { manifest })).rejects.toMatchObject({
      code: 'manifest-invalid',
      message: expect.stringMatching(/^image: .*tag.*\ncanary\.steps: /) as string,
    });
    await expect(account.ledger.readRelease(scene.release)).rejects.toMatchObject({ code: 'release-unknown' });
  });

  it.each(['environment', 'service'] as const)('keeps a release of another %s out of the lane', async (part) => {
    const scene = await sceneIn(account);
    const lane = { ...scene.release.lane, [part]: 'another' };
    await expect(register(scene, { lane })).rejects.toMatchObject({
      code: 'manifest-invalid',
      message: expect.stringContaining(`submitted to the lane ${lane.environment}/${lane.service}`) as string,
    });
  });
});

describe('admitting', () => {
  it('plans against the rule as it is and freezes that, whatever comes later', async () => {
    const scene = await submittedIn();
    await runService(account, scene, { colour: 'green' });
    await scene.setWeights({ blue: 0, green: 100 });
    const admitted = await admit(scene);
    expect(admitted).toMatchObject({
      plan: { live: 'green', idle: 'blue', version: '2' },
      generation: 1,
      weights: { blue: 0, green: 100 },
    });
    expect(await stateOf(scene)).toBe('running');
    await scene.setWeights({ blue: 100, green: 0 });
    const again = await admit(scene);
    expect(again).toMatchObject({ plan: { live: 'green', idle: 'blue' }, generation: 1 });
  });

  it('looks again before it takes a stale answer for a reason to refuse', async () => {
    const scene = await submittedIn();
    await scene.setWeights({ blue: 50, green: 50 });
    await scene.setWeights({ blue: 100, green: 0 });
    await account.aws.armFault({ kind: 'stale-read', operation: 'DescribeRules', times: 3 * rulesALook });
    expect(await admit(scene)).toMatchObject({ plan: { live: 'blue' }, weights: { blue: 100, green: 0 } });
  });

  it('is refused with every reason at once when the rule stays so, and leaves the release in the queue', async () => {
    const scene = await submittedIn();
    const foreign = await createTargetGroup(account.aws);
    const actions = (arns: readonly string[], sticky: boolean) => ({
      RuleArn: scene.rules.production,
      Actions: [
        {
          Type: 'forward' as const,
          ForwardConfig: {
            TargetGroups: arns.map((arn) => ({ TargetGroupArn: arn, Weight: 1 })),
            TargetGroupStickinessConfig: sticky ? { Enabled: true, DurationSeconds: 60 } : { Enabled: false },
          },
        },
      ],
    });
    await account.aws.clients.elb.modifyRule(actions([scene.groups.blue, foreign], true));
    await account.aws.forgetCalls();
    const refusal = await admit(scene).catch((error: unknown) => error as Error);
    expect(refusal).toMatchObject({ code: 'plan-refused' });
    const reasons = (refusal as Error).message.split('\n');
    expect(reasons).toEqual([
      expect.stringContaining(foreign),
      expect.stringContaining(`does not forward to ${scene.groups.green}`),
      expect.stringContaining('for 1 min'),
    ]);
    expect(await account.aws.calls('DescribeRules')).toHaveLength(4 * rulesALook);
    expect(await stateOf(scene)).toBe('queued');
  });

  it('refuses an image of before a contract, under whatever version it comes', async () => {
    const scene = await submittedIn();
    await runService(account, scene, { colour: 'green' });
    const { ledger } = account;
    const manifest = scene.submission.manifest as { image: string };
    const image = manifest.image.replace(/.{4}$/, 'beef');
    const version = (name: string) => ({ ...scene.release, version: name });
    const submit = async (name: string, changes: object = {}) => {
      await register(scene, { manifest: { ...manifest, version: name, ...changes } });
      return inActivity(() => scene.worker.release.admit(version(name)));
    };
    await admit(scene);
    await ledger.end({ ...scene.release, outcome: 'released' });
    const { generation } = await submit('3', { image });
    const change = { kind: 'schema', phase: 'contract', state: ['V1'] } as const;
    await ledger.recordIntent(version('3'), { name: 'contract', generation, change, before: { ...change, state: [] } });
    await ledger.recordOutcome(version('3'), 'contract', 'done');
    await ledger.end({ ...version('3'), outcome: 'released' });

    await expect(submit('4')).rejects.toMatchObject({
      code: 'plan-refused',
      message: expect.stringMatching(
        /^expected an image of version 3 or later, because the contract of .*-3 in.* has removed .*; found that of version 2\. Release/,
      ) as string,
    });
    await expect(submit('5', { image })).resolves.toMatchObject({ plan: { image } });
  });

  it('is refused when the database says no, and has changed nothing there', async () => {
    const database = await scratchDatabase();
    await createCustomers(database, 1);
    const earlier = { 'contract/V1.9__nothing.sql': 'select 1;' };
    await createPhasedSqlEngine().contract(migration(database, earlier), phaseRun());
    const migrations = files({ ...names, 'contract/V1.9__nothing.sql': 'select 2;' });
    const scene = await submittedIn({ databaseUrl: database.url, migrations });
    await expect(admit(scene)).rejects.toMatchObject({
      code: 'plan-refused',
      message: expect.stringContaining('V1.9__nothing.sql') as string,
    });
    expect(await stateOf(scene)).toBe('queued');
    expect(await database.value(`select count(*)::int from flyway_schema_history`)).toBe(1);
  });

  it('counts on from the generation that the database has seen, when the ledger was restored from a backup', async () => {
    const database = await scratchDatabase();
    await createCustomers(database, 1);
    const scene = await submittedIn({ databaseUrl: database.url, migrations: files(names) });
    const { environment, service } = scene.release.lane;
    const seen = migration(database, names, { lane: `${environment}/${service}` });
    await createPhasedSqlEngine().expand(seen, phaseRun({ generation: 6 }));
    expect(await admit(scene)).toMatchObject({ generation: 7 });
  });

  it('asks no database for a release without one', async () => {
    const scene = await submittedIn();
    const worker = scene.workerWith({ engine: {} as ReturnType<typeof createPhasedSqlEngine> });
    expect(await inActivity(() => worker.release.admit(scene.release))).toMatchObject({ generation: 1 });
  });
});

describe('leaving', () => {
  const failure = { code: 'aborted', message: 'Ann: not today' } as const;
  const withdraw = (scene: Scene) =>
    inActivity(() => scene.worker.release.withdrawRelease({ release: scene.release, failure }));

  it('takes a release out of the queue that has not begun, however often it is said', async () => {
    const scene = await submittedIn();
    expect(await withdraw(scene)).toBe(true);
    expect(await withdraw(scene)).toBe(true);
    expect(await account.ledger.readRelease(scene.release)).toMatchObject({ state: 'ended', outcome: 'refused' });
    expect(await inActivity(() => scene.worker.release.openReleases(scene.release.lane))).toEqual([]);
    await expect(admit(scene)).rejects.toMatchObject({ code: 'release-unknown' });
  });

  it('does not take out one that has begun', async () => {
    const scene = await submittedIn();
    await admit(scene);
    expect(await withdraw(scene)).toBe(false);
    expect(await stateOf(scene)).toBe('running');
  });

  it('ends a release once, and the first end stays', async () => {
    const scene = await submittedIn();
    await admit(scene);
    const end = (outcome: 'rolled-back' | 'released') =>
      inActivity(() => scene.worker.release.endRelease({ ...scene.release, outcome }));
    await end('rolled-back');
    await end('released');
    expect(await account.ledger.readRelease(scene.release)).toMatchObject({ state: 'ended', outcome: 'rolled-back' });
  });
});
