import { describe, expect, it } from 'vitest';
import { parseSubmission } from '../../../activities/admission/read-request.js';
import type { Platform } from '../../../activities/platform.js';
import { createServiceActuator } from '../../../activities/workload/service-actuator.js';
import type { ServiceSpec } from '../../../activities/workload/workload-host.js';
import type { Colour } from '../../../domain/colour.js';
import type { ServiceState } from '../../../domain/effect.js';
import { ReleaseError } from '../../../domain/failure.js';
import { withAccount } from '../account.js';
import { validManifest } from '../admission/valid-manifest.js';
import { platformOn } from '../platform-on.js';
import { sceneIn } from '../release-scene.js';
import { runService } from '../running-services.js';

const account = withAccount();

const free = () => Promise.resolve();
const contextOf = (release: { lane: { environment: string; service: string }; version: string }, fence = free) => ({
  release,
  generation: 1,
  signal: new AbortController().signal,
  onProgress: () => {},
  fence,
});

/** Blue has all weight. */
async function actuatorIn() {
  const scene = await sceneIn(account);
  const { clients } = account.aws;
  const platform = platformOn(clients);
  const { host } = platform;
  const request = parseSubmission(scene.submission);
  const actuator = createServiceActuator({ platformOf: () => platform, readRequest: () => Promise.resolve(request) });
  const act = async (colour: Colour, state: ServiceState, fence = free) => {
    const change = { kind: 'service', ...scene.serviceOf(colour), state } as const;
    const context = contextOf(scene.release, fence);
    await actuator.act(change, await actuator.observe(change, context), context);
  };
  const found = (colour: Colour) => host.readService(scene.serviceOf(colour));
  const anotherRevision = () => {
    const { image, container } = account.aws;
    return host.registerRevision({ family: scene.release.lane.service, releaseTag: 'another', image, container });
  };
  return { scene, act, found, anotherRevision };
}

async function changesDuring(work: () => Promise<unknown>): Promise<string[]> {
  await account.aws.forgetCalls();
  await work();
  const calls = await Promise.all(['CreateService', 'UpdateService'].map((name) => account.aws.calls(name)));
  return calls.flat().map(({ operation }) => operation);
}

describe('a colour with weight', () => {
  it('keeps its tasks, whoever wants them stopped', async () => {
    const { scene, act, found } = await actuatorIn();
    const { taskDefinitionArn, service } = await runService(account, scene, { colour: 'blue', desiredCount: 2 });
    await scene.setWeights({ blue: 1, green: 99 });
    const refusal = {
      code: 'traffic-drift',
      message: `expected weight 0 on blue before tasks of ${service} are stopped, found 1`,
    };
    const calls = await changesDuring(async () => {
      for (const state of [null, { taskDefinitionArn, desiredCount: 0 }, { taskDefinitionArn, desiredCount: 1 }]) {
        await expect(act('blue', state)).rejects.toMatchObject(refusal);
      }
    });
    expect(calls).toEqual([]);
    await act('blue', { taskDefinitionArn, desiredCount: 3 });
    expect(await found('blue')).toEqual({ taskDefinitionArn, desiredCount: 3 });
  });

  it('may be of a rule that forwards elsewhere: then nobody’s tasks are stopped, and some may be started', async () => {
    const { scene, act, found } = await actuatorIn();
    const { taskDefinitionArn } = await runService(account, scene, { colour: 'green' });
    await account.aws.clients.elb.modifyRule({
      RuleArn: scene.rules.production,
      Actions: [{ Type: 'forward', ForwardConfig: { TargetGroups: [{ TargetGroupArn: scene.groups.blue }] } }],
    });
    await expect(act('green', null)).rejects.toMatchObject({ code: 'traffic-drift' });
    await act('green', { taskDefinitionArn, desiredCount: 2 });
    expect(await found('green')).toEqual({ taskDefinitionArn, desiredCount: 2 });
  });
});

describe('a colour without weight', () => {
  it('goes to no tasks and keeps the revision it has, also when it was not there before', async () => {
    const { scene, act, found, anotherRevision } = await actuatorIn();
    const { taskDefinitionArn } = await runService(account, scene, { colour: 'green' });
    await act('green', { taskDefinitionArn: await anotherRevision(), desiredCount: 0 });
    expect(await found('green')).toEqual({ taskDefinitionArn, desiredCount: 0 });

    await act('green', { taskDefinitionArn, desiredCount: 1 });
    await act('green', null);
    expect(await found('green')).toEqual({ taskDefinitionArn, desiredCount: 0 });
  });

  it('that has no service stays so when that is wanted', async () => {
    const { act, found } = await actuatorIn();
    expect(await changesDuring(() => act('green', null))).toEqual([]);
    expect(await found('green')).toBeNull();
  });

  it('takes another revision', async () => {
    const { scene, act, found, anotherRevision } = await actuatorIn();
    await runService(account, scene, { colour: 'green', desiredCount: 0 });
    const next = { taskDefinitionArn: await anotherRevision(), desiredCount: 1 };
    await act('green', next);
    expect(await found('green')).toEqual(next);
  });

  it('loses no task to an attempt that was fenced while it asked for the weights', async () => {
    const { scene, act, found } = await actuatorIn();
    await runService(account, scene, { colour: 'green' });
    let asked = 0;
    const fence = async () => {
      asked = (await account.aws.calls('DescribeRules')).length;
      throw new ReleaseError('fenced', 'a later generation is on');
    };
    const calls = await changesDuring(() =>
      expect(act('green', null, fence)).rejects.toMatchObject({ code: 'fenced' }),
    );
    expect(calls).toEqual([]);
    expect(asked).toBe(1);
    expect(await found('green')).toMatchObject({ desiredCount: 1 });
  });
});

describe('a service that is made', () => {
  /** What the host is told for a service that is not there. */
  async function creationOf(service: string, changes: Partial<ReturnType<typeof validManifest>> = {}) {
    const request = parseSubmission({ manifest: { ...validManifest(), ...changes }, migrations: [] });
    const specs: ServiceSpec[] = [];
    const host = { createService: (spec: ServiceSpec) => Promise.resolve(void specs.push(spec)) };
    const actuator = createServiceActuator({
      platformOf: () => ({ host }) as unknown as Platform,
      readRequest: () => Promise.resolve(request),
    });
    const state = { taskDefinitionArn: 'shop:1', desiredCount: 0 };
    await actuator.act({ kind: 'service', cluster: 'main', service, state }, null, contextOf(request));
    return specs[0];
  }

  it('has its colour’s target group, and what the manifest says', async () => {
    const manifest = validManifest();
    const workload = { ...manifest.workload, healthCheckGrace: '90s' };
    expect(await creationOf('shop-green', { workload })).toMatchObject({
      cluster: 'main',
      service: 'shop-green',
      taskDefinitionArn: 'shop:1',
      desiredCount: 0,
      targetGroupArn: manifest.workload.green.targetGroupArn,
      container: { name: 'shop', port: 8080 },
      healthCheckGraceSeconds: 90,
    });
  });

  it('has one token for all attempts of a release, and another for another lane, version or colour', async () => {
    const first = await creationOf('shop-green');
    expect(first?.token).toMatch(/^[0-9a-f]{32}$/);
    expect((await creationOf('shop-green'))?.token).toBe(first?.token);
    const others = await Promise.all([
      creationOf('shop-blue'),
      creationOf('shop-green', { version: 'v3' }),
      creationOf('shop-green', { environment: 'staging' }),
    ]);
    expect(new Set([first, ...others].map((spec) => spec?.token)).size).toBe(4);
  });

  it('must be blue or green', async () => {
    await expect(creationOf('shop-red')).rejects.toMatchObject({
      code: 'plan-refused',
      message: 'service shop-red is neither blue nor green in the manifest',
    });
  });
});

describe('a service is as wanted', () => {
  const { holds } = createServiceActuator({} as Parameters<typeof createServiceActuator>[0]);
  const at = (desiredCount: number, taskDefinitionArn = 'shop:1') => ({ taskDefinitionArn, desiredCount });

  it.each<readonly [string, ServiceState, ServiceState, boolean]>([
    ['not there, and it is not', null, null, true],
    ['not there, and it has no tasks', null, at(0), true],
    ['not there, and it has tasks', null, at(1), false],
    ['empty, and it is, with any revision', at(0), at(0, 'shop:2'), true],
    ['empty, and it has tasks', at(0), at(1), false],
    ['empty, and it is not there', at(0), null, false],
    ['of a size and revision, and it is', at(2), at(2), true],
    ['of a size, and it has another', at(2), at(1), false],
    ['of a revision, and it has another', at(2), at(2, 'shop:2'), false],
    ['with tasks, and it is not there', at(2), null, false],
  ])('when it should be %s: %#', (_, wanted, found, answer) => {
    expect(holds(wanted, found)).toBe(answer);
  });
});
