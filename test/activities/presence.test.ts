import { describe, expect, it } from 'vitest';
import type { MetricSource, MetricWindow } from '../../activities/metrics/metric-source.js';
import type { Platform } from '../../activities/platform.js';
import { createPresence } from '../../activities/presence.js';
import type { WorkloadHost } from '../../activities/workload/workload-host.js';
import { parseSubmission } from '../../activities/admission/read-request.js';
import { createTargetGroup } from '../contract/aws-world.js';
import { forwardTo } from '../contract/traffic-scenario.js';
import { until } from '../contract/until.js';
import { withAccount } from './account.js';
import { platformOn } from './platform-on.js';
import { type Scene, type SceneOptions, sceneIn } from './release-scene.js';
import { runService } from './running-services.js';

const account = withAccount();

const nothingMeasured: MetricSource = { measure: () => Promise.resolve({ kind: 'unmeasurable', reason: 'not asked' }) };

function presenceOf(scene: Scene, parts: Partial<Platform> = {}) {
  const { clients } = account.aws;
  const presence = createPresence(() => ({ ...platformOn(clients), metrics: nothingMeasured, ...parts }));
  const request = parseSubmission(scene.submission);
  return {
    weight: (colour: 'blue' | 'green') => presence.weight(request, colour),
    tasks: (colour: 'blue' | 'green') => presence.tasks(request, colour),
    requests: (colour: 'blue' | 'green') => presence.requests(request, colour),
  };
}

describe('weight', () => {
  it('is left on a colour as long as the production rule gives it any', async () => {
    const scene = await sceneIn(account);
    const { weight } = presenceOf(scene);
    await scene.setWeights({ blue: 1, green: 0 }, 'production');
    await scene.setWeights({ blue: 0, green: 1 }, 'test');
    expect(await weight('blue')).toEqual(['blue still has weight 1']);
    expect(await weight('green')).toEqual([]);
  });

  it('is nobody’s to tell when the rule forwards elsewhere too', async () => {
    const scene = await sceneIn(account);
    const foreign = await createTargetGroup(account.aws);
    await forwardTo(account.aws, scene.rules.production, [...Object.values(scene.groups), foreign]);
    await expect(presenceOf(scene).weight('green')).rejects.toMatchObject({
      code: 'traffic-drift',
      message: expect.stringContaining(foreign) as string,
    });
  });
});

describe('tasks', () => {
  it('may be there where there is no service: a name proves nothing', async () => {
    const scene = await sceneIn(account);
    const { service } = scene.serviceOf('blue');
    expect(await presenceOf(scene).tasks('blue')).toEqual([
      `${service} is not there: whether tasks of blue are left is unknown`,
    ]);
  });

  it('are there while they are asked for, while they drain and stop, and no longer', async () => {
    const scene = await sceneIn(account);
    const { tasks } = presenceOf(scene);
    const { cluster, service } = await runService(account, scene, { colour: 'blue' });
    expect(await tasks('blue')).toEqual([`${service} is asked to run 1 tasks`]);

    await account.aws.clients.ecs.updateService({ cluster, service, desiredCount: 0 });
    expect(await tasks('blue')).toEqual([`${service} still has tasks`]);
    await until(
      () => tasks('blue'),
      (left) => left.length === 0,
    );
    const { taskArns } = await account.aws.clients.ecs.listTasks({ cluster, serviceName: service });
    expect(taskArns).toEqual([]);
  });

  it('may be there until the platform says that there are none', async () => {
    const scene = await sceneIn(account);
    const host = {
      readService: () => Promise.resolve({ taskDefinitionArn: 'shop:1', desiredCount: 0 }),
      observeService: () => Promise.resolve({ kind: 'in-progress', running: 0, detail: 'not shown yet' }),
    } as unknown as WorkloadHost;
    const { service } = scene.serviceOf('blue');
    expect(await presenceOf(scene, { host }).tasks('blue')).toEqual([`${service} still has tasks`]);
  });
});

describe('requests', () => {
  const counted = (blue: number, green: number): MetricSource => {
    const sample = (requests: number) => ({ requests, errors: 0, p99Ms: null });
    const colours = { blue: sample(blue), green: sample(green) };
    return { measure: () => Promise.resolve({ kind: 'measured', fromMs: 0, toMs: 1, colours }) };
  };

  it('are left on the colour that got some', async () => {
    const { requests } = presenceOf(await sceneIn(account), { metrics: counted(3, 0) });
    expect(await requests('blue')).toEqual(['blue still got 3 requests in a period of 1 s']);
    expect(await requests('green')).toEqual([]);
  });

  it('that cannot be measured may be there', async () => {
    const { requests } = presenceOf(await sceneIn(account));
    expect(await requests('blue')).toEqual(['whether blue still gets requests is unknown: not asked']);
  });

  it('are looked for in the newest period that can have been published', async () => {
    const windows: MetricWindow[] = [];
    const options: SceneOptions = {
      manifest: { canary: { steps: [{ weight: 5, bake: '1m' }], period: '60s', metricsLag: '3m' } },
    };
    const scene = await sceneIn(account, options);
    const before = Date.now();
    const metrics: MetricSource = {
      measure: (window) => {
        windows.push(window);
        return counted(0, 0).measure(window);
      },
    };
    await presenceOf(scene, { metrics }).requests('blue');
    const [{ fromMs, toMs, ...rest } = { fromMs: 0, toMs: 0 }] = windows;
    expect(rest).toEqual({ targetGroups: scene.groups, periodSeconds: 60 });
    expect(toMs - fromMs).toBe(60_000);
    expect(toMs).toBeGreaterThanOrEqual(before - 180_000);
    expect(toMs).toBeLessThanOrEqual(Date.now() - 180_000);
  });
});
