import type { Client } from '@temporalio/client';
import { noopMetricMeter } from '@temporalio/common';
import { neverCrash } from '../../activities/crash-point.js';
import { createEngineOfEach } from '../../activities/database/engine-of-each.js';
import { type World, createActivities } from '../../activities/index.js';
import type { Inspector } from '../../activities/inspection/inspector.js';
import { environmentSecrets } from '../../activities/secrets.js';
import type { Colour } from '../../domain/colour.js';
import type { ReleaseRef } from '../../domain/lane.js';
import type { MigrationFile, OperationFile } from '../../domain/migration.js';
import { type Weights, weightsFor } from '../../domain/traffic.js';
import type { ServiceRef, WorkloadHost } from '../../activities/workload/workload-host.js';
import {
  type AwsWorld,
  type TargetGroups,
  createTargetGroups,
  known,
  pathOf,
  uniqueName,
} from '../contract/aws-world.js';
import type { Account } from './account.js';
import { inActivity } from './in-activity.js';
import { platformOn } from './platform-on.js';

/** A lane of its own in the account, and the activities of one worker in it. */
export interface Scene {
  readonly release: ReleaseRef;
  readonly groups: TargetGroups;
  readonly rules: { readonly production: string; readonly test: string };
  /** As `registerRelease` takes it. */
  readonly submission: Submission;
  readonly worker: Worker;
  /** Another worker, whose world differs from the usual one in this. */
  workerWith(changes: Partial<World>): Worker;
  serviceOf(colour: Colour): ServiceRef;
  /** As somebody else would. */
  setWeights(weights: Weights, rule?: 'production' | 'test'): Promise<void>;
  weights(rule?: 'production' | 'test'): Promise<Weights>;
}

export type Worker = ReturnType<typeof createActivities>;
type Submission = Parameters<Worker['release']['registerRelease']>[0];

export interface SceneOptions {
  readonly migrations?: readonly MigrationFile[];
  readonly operations?: readonly OperationFile[];
  readonly databaseUrl?: string;
  readonly desiredCount?: number;
  /** What differs in the manifest. */
  readonly manifest?: Readonly<Record<string, unknown>>;
  readonly version?: string;
}

/** Two target groups, a production rule with everything on blue, a test rule with everything on blue, and no service that runs. */
export async function sceneIn(account: Account, options: SceneOptions = {}): Promise<Scene> {
  const { aws } = account;
  const groups = await createTargetGroups(aws);
  const path = pathOf(groups.blue);
  const rules = {
    production: await createRule(aws, groups, path),
    test: await createRule(aws, groups, `/test${path}`),
  };
  const lane = { environment: 'test', service: uniqueName('shop') };
  const version = options.version ?? '2';
  const manifest = { ...manifestOf(aws, { lane, version, groups, rules, ...options }), ...options.manifest };
  const serviceOf = (colour: Colour) => ({ cluster: aws.cluster, service: `${lane.service}-${colour}` });
  const blue = { ...serviceOf('blue'), targetGroupArn: groups.blue };
  const world = worldOf(account, { databaseUrl: options.databaseUrl, blue });
  const { router } = platformOn(aws.clients);
  return {
    release: { lane, version },
    groups,
    rules,
    submission: {
      lane,
      manifest,
      migrations: options.migrations ?? [],
      ...(options.operations === undefined ? {} : { operations: options.operations }),
      actor: 'ci',
    },
    worker: createActivities(world),
    workerWith: (changes) => createActivities({ ...world, ...changes }),
    serviceOf,
    async weights(rule = 'production') {
      const found = (await router.readRule(rules[rule])).weights;
      return { blue: found[groups.blue] ?? NaN, green: found[groups.green] ?? NaN };
    },
    setWeights: (weights, rule = 'production') =>
      router.setWeights({ ruleArn: rules[rule], targetGroups: groups, weights }),
  };
}

/** The same, submitted and admitted: blue is live, green idle, the generation 1. */
export async function admittedIn(account: Account, options: SceneOptions = {}) {
  const scene = await sceneIn(account, options);
  await inActivity(() => scene.worker.release.registerRelease(scene.submission));
  const { plan, generation } = await inActivity(() => scene.worker.release.admit(scene.release));
  return { ...scene, plan, command: { release: scene.release, generation } };
}

interface Lane {
  readonly databaseUrl?: string | undefined;
  readonly blue: ServiceRef & { readonly targetGroupArn: string };
}

function worldOf({ ledger, aws }: Account, { databaseUrl, blue }: Lane): World {
  const platform = platformOn(aws.clients);
  // Admission alone asks for this, and wants a live service; few tests need one that runs.
  const running = { targetGroups: [blue.targetGroupArn], desiredCount: 1 };
  const findService: WorkloadHost['findService'] = async (ref) =>
    ref.service === blue.service ? running : platform.host.findService(ref);
  return {
    ledger,
    platformOf: () => ({ ...platform, host: { ...platform.host, findService } }),
    engine: createEngineOfEach({ pacing: { pauseRatio: 0 } }),
    secrets: environmentSecrets(databaseUrl === undefined ? {} : { SHOP_DATABASE_URL: databaseUrl }),
    // Only people's questions look by it.
    inspectorOf: () => ({}) as Inspector,
    // Only supervision asks Temporal.
    client: deafClient,
    crash: neverCrash,
    meter: noopMetricMeter,
  };
}

async function createRule(aws: AwsWorld, groups: TargetGroups, path: string): Promise<string> {
  const weights = weightsFor('blue', 100);
  const { Rules } = await aws.clients.elb.createRule({
    ListenerArn: aws.listenerArn,
    Priority: aws.nextPriority(),
    Conditions: [{ Field: 'path-pattern', PathPatternConfig: { Values: [path] } }],
    Actions: [
      {
        Type: 'forward',
        ForwardConfig: {
          TargetGroups: [
            { TargetGroupArn: groups.blue, Weight: weights.blue },
            { TargetGroupArn: groups.green, Weight: weights.green },
          ],
        },
      },
    ],
  });
  return known(Rules?.[0]?.RuleArn);
}

function manifestOf(
  aws: AwsWorld,
  scene: SceneOptions & Pick<Scene, 'groups' | 'rules'> & ReleaseRef,
): Record<string, unknown> {
  const { name, port, subnets, securityGroups } = aws.container;
  const { environment, service } = scene.lane;
  const colour = (of: Colour) => ({ service: `${service}-${of}`, targetGroupArn: scene.groups[of] });
  return {
    apiVersion: 'sluice/v1',
    kind: 'Release',
    environment,
    service,
    version: scene.version,
    image: aws.image,
    workload: {
      cluster: aws.cluster,
      desiredCount: scene.desiredCount ?? 1,
      blue: colour('blue'),
      green: colour('green'),
      container: { name, port, cpu: 256, memory: 512, subnets, securityGroups, stopTimeout: '2s' },
      rolloutTimeout: '30s',
    },
    traffic: { ruleArn: scene.rules.production, testRuleArn: scene.rules.test, settle: '1s' },
    smoke: { url: 'http://shop.example', headers: { 'x-sluice-test': 'idle' }, paths: ['/health'] },
    canary: { steps: [{ weight: 5, bake: '2s' }], period: '1s', metricsLag: '0s' },
    warmWindow: '0s',
    ...(scene.databaseUrl === undefined
      ? {}
      : {
          database: databaseSection,
        }),
  };
}

export const databaseSection = {
  url: 'env:SHOP_DATABASE_URL',
  applicationName: 'shop-{version}',
  migrations: './migrations',
  lockTimeout: '200ms',
  quietWindow: '1s',
  contractApproval: 'automatic',
};

/** Whose runs hear nothing of how a backfill goes. */
const deafClient = {
  workflow: { getHandle: () => ({ signal: () => Promise.resolve() }) },
} as unknown as Client;
