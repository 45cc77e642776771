import { describe, expect, it } from 'vitest';
import { until } from '../contract/until.js';
import { liveServiceIn } from '../contract/workload-scenario.js';
import { withAccount } from './account.js';
import { inActivity } from './in-activity.js';
import { platformOn } from './platform-on.js';
import { type Scene, admittedIn, sceneIn } from './release-scene.js';
import { runService, standIn } from './running-services.js';

const account = withAccount();

type Admitted = Awaited<ReturnType<typeof admittedIn>>;

const platform = () => platformOn(account.aws.clients);
const provision = ({ worker, command }: Admitted) => inActivity(() => worker.release.provision(command));
const effectsOf = async ({ release }: Scene) =>
  (await account.ledger.readEffects(release)).map(({ name, status }) => `${name} ${status}`);

describe('provisioning', () => {
  it('registers the version, then points the test rule at the idle colour, then makes its service', async () => {
    const scene = await admittedIn(account);
    const revision = await provision(scene);
    expect(await effectsOf(scene)).toEqual([
      'provision/revision done',
      'provision/test-rule done',
      'provision/service done',
    ]);
    expect(await scene.weights('test')).toEqual({ blue: 0, green: 100 });
    expect(await scene.weights()).toEqual({ blue: 100, green: 0 });
    const green = await platform().host.readService(scene.serviceOf('green'));
    expect(green).toEqual({ taskDefinitionArn: revision, desiredCount: 0 });
  });

  it('takes what the manifest does not state from the service that is live, through a crash and a retry', async () => {
    const scene = await admittedIn(account);
    const { ecs } = account.aws.clients;
    const { live } = await liveServiceIn(account.aws);
    await runService(account, scene, { colour: 'blue', like: live });
    const dying = scene.workerWith({
      crash: (effect, point) => {
        if (effect === 'provision/revision' && point === 'after-act') throw new Error('died');
      },
    });
    await expect(inActivity(() => dying.release.provision(scene.command))).rejects.toThrow('died');
    await account.aws.forgetCalls();
    const revision = await provision(scene);
    expect(await account.aws.calls('RegisterTaskDefinition')).toEqual([]);
    const { taskDefinition } = await ecs.describeTaskDefinition({ taskDefinition: revision });
    expect(taskDefinition?.containerDefinitions).toMatchObject([
      { name: 'shop', image: scene.plan.image, command: ['serve'], logConfiguration: { logDriver: 'awslogs' } },
      { name: 'proxy' },
    ]);
    const { cluster, service } = scene.serviceOf('green');
    const { services } = await ecs.describeServices({ cluster, services: [service] });
    expect(services?.[0]).toMatchObject({
      taskDefinition: revision,
      platformVersion: '1.4.0',
      networkConfiguration: { awsvpcConfiguration: { assignPublicIp: 'ENABLED' } },
    });
  });

  it('twice is once', async () => {
    const scene = await admittedIn(account);
    const first = await provision(scene);
    await account.aws.forgetCalls();
    expect(await provision(scene)).toBe(first);
    for (const call of ['RegisterTaskDefinition', 'ModifyRule', 'CreateService', 'UpdateService']) {
      expect(await account.aws.calls(call)).toEqual([]);
    }
  });

  it('leaves the service alone that an earlier release has made', async () => {
    const scene = await admittedIn(account);
    const { taskDefinitionArn } = await runService(account, scene, { colour: 'green', desiredCount: 0 });
    const revision = await provision(scene);
    expect(revision).not.toBe(taskDefinitionArn);
    expect(await platform().host.readService(scene.serviceOf('green'))).toEqual({ taskDefinitionArn, desiredCount: 0 });
    expect(await effectsOf(scene)).toEqual(['provision/revision done', 'provision/test-rule done']);
  });

  it('finishes the effect of an attempt that had made the service and died', async () => {
    const scene = await admittedIn(account);
    const dying = scene.workerWith({
      crash: (effect, point) => {
        if (effect === 'provision/service' && point === 'after-act') throw new Error('died');
      },
    });
    await expect(inActivity(() => dying.release.provision(scene.command))).rejects.toThrow('died');
    expect(await effectsOf(scene)).toContain('provision/service intent');
    await provision(scene);
    expect(await effectsOf(scene)).toContain('provision/service done');
    expect((await account.ledger.findEffect(scene.release, 'provision/service'))?.before).toMatchObject({
      state: null,
    });
  });

  it('goes on with nothing else when the version just registered is not listed', async () => {
    const scene = await admittedIn(account);
    await provision(scene);
    const { host } = platform();
    let looks = 0;
    const worker = scene.workerWith({
      platformOf: () => ({
        ...platform(),
        host: { ...host, findRevision: async (query) => (++looks === 1 ? host.findRevision(query) : undefined) },
      }),
    });
    await account.aws.forgetCalls();
    await expect(inActivity(() => worker.release.provision(scene.command))).rejects.toMatchObject({
      code: 'not-in-effect',
    });
    expect(await account.aws.calls('DescribeRules')).toEqual([]);
  });

  it('is for releases that were admitted', async () => {
    const scene = await sceneIn(account);
    await inActivity(() => scene.worker.release.registerRelease(scene.submission));
    const early = inActivity(() => scene.worker.release.provision({ release: scene.release, generation: 0 }));
    await expect(early).rejects.toMatchObject({ code: 'release-unknown' });
  });
});

describe('deploying', () => {
  it('brings the idle colour to the size of the plan', async () => {
    const scene = await admittedIn(account, { desiredCount: 2 });
    const revision = await provision(scene);
    await inActivity(() => scene.worker.release.deploy({ ...scene.command, revision }));
    expect(await platform().host.readService(scene.serviceOf('green'))).toEqual({
      taskDefinitionArn: revision,
      desiredCount: 2,
    });
    expect(await effectsOf(scene)).toContain('deploy done');
  });
});

describe('shifting', () => {
  const shiftTo = (scene: Admitted, percent: number, believed = { blue: 100, green: 0 }) =>
    inActivity(() => scene.worker.release.shift({ ...scene.command, name: `shift/${percent}`, percent, believed }));

  it('answers with the rule as it is then, under the name it was told', async () => {
    const scene = await admittedIn(account);
    for (const group of Object.values(scene.groups)) await standIn(account, group);
    expect(await shiftTo(scene, 25)).toEqual({ blue: 75, green: 25 });
    expect(await scene.weights()).toEqual({ blue: 75, green: 25 });
    expect(await scene.weights('test')).toEqual({ blue: 100, green: 0 });
    expect(await effectsOf(scene)).toEqual(['shift/25 done']);
  });

  it('leaves a rule alone that somebody else has changed', async () => {
    const scene = await admittedIn(account);
    for (const group of Object.values(scene.groups)) await standIn(account, group);
    await scene.setWeights({ blue: 60, green: 40 });
    await expect(shiftTo(scene, 25)).rejects.toMatchObject({ code: 'traffic-drift' });
    expect(await scene.weights()).toEqual({ blue: 60, green: 40 });
  });

  it('asks for all tasks of the new version to be healthy, and one of the old', async () => {
    const scene = await admittedIn(account, { desiredCount: 2 });
    for (const group of Object.values(scene.groups)) await standIn(account, group);
    await expect(shiftTo(scene, 25)).rejects.toMatchObject({
      code: 'colour-not-ready',
      message: expect.stringMatching(/^green needs 2 healthy targets/) as string,
    });
    await standIn(account, scene.groups.green, 2);
    expect(await shiftTo(scene, 25)).toEqual({ blue: 75, green: 25 });
  });
});

describe('retiring', () => {
  it('takes the old colour to no tasks and leaves its revision', async () => {
    const scene = await admittedIn(account);
    const { taskDefinitionArn } = await runService(account, scene, { colour: 'blue' });
    await scene.setWeights({ blue: 0, green: 100 });
    await inActivity(() => scene.worker.release.retire(scene.command));
    await until(
      () => platform().host.readService(scene.serviceOf('blue')),
      (found) => found?.desiredCount === 0 && found.taskDefinitionArn === taskDefinitionArn,
    );
    expect(await effectsOf(scene)).toEqual(['retire done']);
  });

  it('does nothing to a live colour that is no ECS service', async () => {
    const scene = await admittedIn(account);
    await standIn(account, scene.groups.blue);
    await scene.setWeights({ blue: 0, green: 100 });
    await inActivity(() => scene.worker.release.retire(scene.command));
    expect(await effectsOf(scene)).toEqual([]);
  });
});
