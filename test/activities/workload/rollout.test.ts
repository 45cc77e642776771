import { describe, expect, it } from 'vitest';
import { parseSubmission } from '../../../activities/admission/read-request.js';
import type { Platform } from '../../../activities/platform.js';
import type { Target, TargetHealth } from '../../../activities/traffic/traffic-router.js';
import { type RolloutQuery, createRollout } from '../../../activities/workload/rollout.js';
import type { Rollout } from '../../../activities/workload/workload-host.js';
import type { Change } from '../../../domain/effect.js';
import { withAccount } from '../account.js';
import { validManifest } from '../admission/valid-manifest.js';
import { attempt, inActivity } from '../in-activity.js';
import { platformOn } from '../platform-on.js';
import { sceneIn } from '../release-scene.js';

const account = withAccount();

const manifest = validManifest();
manifest.workload.rolloutTimeout = '1s';
const request = parseSubmission({ manifest, migrations: [] });
const { blue, green } = request.workload.colours;
const soon = () => Date.now() + 60_000;
const query: RolloutQuery = {
  release: { lane: request.lane, version: request.version },
  colour: 'green',
  revision: 'shop:2',
  desiredCount: 2,
  deadlineAt: soon(),
};

/** A platform in memory. */
function platform(rollout: Rollout, healths: Readonly<Record<string, TargetHealth>> = {}) {
  const asked: unknown[] = [];
  const world = { rollout, healths };
  const host = {
    observeService(ref: unknown, wanted: unknown) {
      asked.push({ ref, wanted });
      return Promise.resolve(world.rollout);
    },
  };
  const router = {
    readTargets(arn: string) {
      asked.push(arn);
      const targets = Object.entries(world.healths).map(([address, health]): Target => ({ address, port: 80, health }));
      return Promise.resolve(targets);
    },
  };
  const watch = createRollout({
    platformOf: () => ({ host, router }) as unknown as Platform,
    readRequest: () => Promise.resolve(request),
  });
  return { ...watch, asked, world };
}

const completed: Rollout = { kind: 'completed', running: 2, addresses: ['10.0.0.1', '10.0.0.2'] };
const inProgress: Rollout = { kind: 'in-progress', running: 1, detail: '1 of 2' };

describe('a rollout', () => {
  it('is waited for until every task of it is a healthy target', async () => {
    const { awaitRollout, asked, world } = platform(inProgress, { '10.0.0.1': 'healthy' });
    const waiting = attempt(() => awaitRollout(query));
    await waiting.heard('1 of 2 tasks running, 1 healthy targets');
    expect(asked.slice(0, 2)).toEqual([
      { ref: { cluster: 'main', service: green.service }, wanted: { taskDefinitionArn: 'shop:2', desiredCount: 2 } },
      green.targetGroupArn,
    ]);
    world.rollout = completed;
    await waiting.heard('2 of 2 tasks running, 1 healthy targets');
    // The targets of the version before are not those that are waited for.
    world.healths = { '10.0.0.1': 'healthy', '10.0.0.2': 'initial', '10.0.0.8': 'healthy', '10.0.0.9': 'healthy' };
    await waiting.heard('3 healthy targets');
    world.healths = { '10.0.0.1': 'healthy', '10.0.0.2': 'healthy' };
    await waiting.end;
  });

  it('that is not complete is none, however many targets are healthy', async () => {
    const healths = { '10.0.0.1': 'healthy', '10.0.0.2': 'healthy' } as const;
    const { awaitRollout, world } = platform(inProgress, healths);
    const waiting = attempt(() => awaitRollout(query));
    await waiting.heard('1 of 2 tasks running, 2 healthy targets');
    world.rollout = completed;
    await waiting.end;
  });

  it('needs as many healthy targets as tasks are wanted', async () => {
    const { awaitRollout, world } = platform({ ...completed, addresses: ['10.0.0.1'] }, { '10.0.0.1': 'healthy' });
    const waiting = attempt(() => awaitRollout(query));
    await waiting.heard('1 healthy targets');
    world.healths = { '10.0.0.1': 'healthy', '10.0.0.2': 'healthy' };
    await waiting.end;
  });

  it('is over at its deadline, and not before', async () => {
    const { awaitRollout, world } = platform(inProgress);
    const late = inActivity(() => awaitRollout({ ...query, deadlineAt: Date.now() - 1 }));
    await expect(late).rejects.toMatchObject({
      code: 'rollout-timeout',
      message: 'shop-green: 1 of 2 tasks running, 0 healthy targets at the deadline',
    });
    const waiting = attempt(() => awaitRollout({ ...query, deadlineAt: Date.now() + 700 }), { attempt: 5 });
    await waiting.heard('1 of 2 tasks running');
    await expect(waiting.end).rejects.toMatchObject({ code: 'rollout-timeout' });
    // What is there at the deadline is good enough.
    Object.assign(world, { rollout: completed, healths: { '10.0.0.1': 'healthy', '10.0.0.2': 'healthy' } });
    await inActivity(() => awaitRollout({ ...query, deadlineAt: Date.now() - 1 }));
  });

  it('that failed ends the wait, with the platform’s reason', async () => {
    const { awaitRollout } = platform({ kind: 'failed', reason: 'the circuit breaker went off' });
    await expect(inActivity(() => awaitRollout(query))).rejects.toMatchObject({
      code: 'rollout-failed',
      message: 'shop-green: the circuit breaker went off',
    });
  });

  it('is left when its release no longer waits', async () => {
    const waiting = attempt(() => platform(inProgress).awaitRollout(query));
    await waiting.heard('1 of 2');
    waiting.cancel();
    await expect(waiting.end).rejects.toMatchObject({ name: 'CancelledFailure' });
  });
});

describe('a service that was brought back', () => {
  const back = (changes: object): Change => ({
    kind: 'service',
    cluster: 'main',
    service: blue.service,
    state: { taskDefinitionArn: 'shop:1', desiredCount: 2 },
    ...changes,
  });

  it('is waited for at its size and revision, with its own target group', async () => {
    const { awaitHealthy, asked, world } = platform(completed, { '10.0.0.1': 'healthy' });
    const waiting = attempt(() => awaitHealthy(query.release, back({})));
    await waiting.heard('2 of 2 tasks running, 1 healthy targets');
    expect(asked.slice(0, 2)).toEqual([
      { ref: { cluster: 'main', service: blue.service }, wanted: { taskDefinitionArn: 'shop:1', desiredCount: 2 } },
      blue.targetGroupArn,
    ]);
    world.healths = { '10.0.0.1': 'healthy', '10.0.0.2': 'healthy' };
    await waiting.end;
  });

  it('has the manifest’s time for it', async () => {
    const { awaitHealthy } = platform(inProgress);
    const waiting = attempt(() => awaitHealthy(query.release, back({})));
    await waiting.heard('1 of 2 tasks running');
    await expect(waiting.end).rejects.toMatchObject({
      code: 'rollout-timeout',
      message: expect.stringMatching(/^shop-blue: /) as string,
    });
  });

  it('is not waited for when it has no tasks, is no service, or is neither colour', async () => {
    const { awaitHealthy, asked } = platform(inProgress);
    const changes = [
      back({ state: null }),
      back({ state: { taskDefinitionArn: 'shop:1', desiredCount: 0 } }),
      back({ service: 'somebody-else' }),
      { kind: 'schema', phase: 'expand', state: [] } as const,
    ];
    for (const change of changes) await inActivity(() => awaitHealthy(query.release, change));
    expect(asked).toEqual([]);
  });
});

it('of a version that does not start fails with what ECS says', async () => {
  const scene = await sceneIn(account);
  const { clients, brokenImage, container } = account.aws;
  const platform = platformOn(clients);
  const { host } = platform;
  const { awaitRollout } = createRollout({
    platformOf: () => platform,
    readRequest: () => Promise.resolve(parseSubmission(scene.submission)),
  });
  const spec = { family: scene.release.lane.service, releaseTag: 'broken', image: brokenImage, container };
  const revision = await host.registerRevision(spec);
  await host.createService({
    ...scene.serviceOf('green'),
    taskDefinitionArn: revision,
    desiredCount: 1,
    targetGroupArn: scene.groups.green,
    container,
    healthCheckGraceSeconds: 0,
    token: 'broken',
  });
  const order = { release: scene.release, colour: 'green', revision, desiredCount: 1, deadlineAt: soon() } as const;
  await expect(inActivity(() => awaitRollout(order))).rejects.toMatchObject({
    code: 'rollout-failed',
    message: expect.stringContaining('exit code 3') as string,
  });
  await host.changeService(scene.serviceOf('green'), { taskDefinitionArn: revision, desiredCount: 0 });
});
