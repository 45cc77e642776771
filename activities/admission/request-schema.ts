import type { z } from 'zod';
import type { MigrationFile, MigrationFiles, OperationFile } from '../../domain/migration.js';
import type { ReleaseRequest, TrafficRequest } from '../../domain/release-request.js';
import { checkWrittenOut } from './manifest-filling.js';
import { problemsOf, type ManifestProblem, without } from './manifest-problem.js';
import { manifestSchema } from './manifest-schema.js';
import type { traffic } from './manifest-sections.js';
import { treeAt } from './manifest-tree.js';
import { checkMigrationSet } from './migration-set.js';

export { fillManifest } from './manifest-filling.js';
export { manifestHash } from './manifest-hash.js';
export { migrationBytesLimit } from './migration-set.js';
export { type ManifestProblem, without } from './manifest-problem.js';
export { apiVersion } from './manifest-schema.js';

/** What came with the submission: the YAML document as data, and the files of its migration folder. */
export interface ManifestContent {
  readonly manifest: unknown;
  readonly migrations: readonly MigrationFile[];
  readonly operations?: readonly OperationFile[];
}

export type ParsedManifest = { readonly request: ReleaseRequest } | { readonly problems: readonly ManifestProblem[] };

/**
 * Reads a manifest; names every problem at once. Pure: the client asks it early, the worker asks it again. `ofOperations`
 * is what `checkOperationSet` says: its kinds are many modules, which a command without operations does not load.
 */
export function parseManifest(
  { manifest, migrations, operations = [] }: ManifestContent,
  ofOperations: readonly ManifestProblem[],
): ParsedManifest {
  const parsed = manifestSchema.safeParse(manifest);
  const unfilled = checkWrittenOut(manifest);
  const problems = [
    ...without(problemsOf(parsed.error?.issues ?? [], knownKeysAt), unfilled),
    ...unfilled,
    ...checkMigrationSet(migrations),
    ...ofOperations,
    ...checkDatabaseIsThere({ manifest, migrations, operations }),
  ];
  return parsed.success && problems.length === 0
    ? { request: toRequest(parsed.data, { migrations, operations }) }
    : { problems };
}

function checkDatabaseIsThere({ manifest, migrations, operations = [] }: ManifestContent): ManifestProblem[] {
  const without = typeof manifest === 'object' && manifest !== null && !('database' in manifest);
  if (!without || migrations.length + operations.length === 0) return [];
  return [
    { path: ['database'], message: 'expected a database section, since there are migration files; found nothing' },
  ];
}

function knownKeysAt(path: ManifestProblem['path']): readonly string[] {
  return Object.keys(treeAt(path)?.properties ?? {});
}

function toTraffic({ settle, ...rules }: z.output<typeof traffic>): TrafficRequest {
  return { ...rules, settleMs: settle };
}

type Stated<T> = { [Key in keyof T]: Exclude<T[Key], undefined> };

function stated<T extends object>(fields: T): Stated<T> {
  return Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined)) as Stated<T>;
}

function toRequest(
  manifest: z.output<typeof manifestSchema>,
  { migrations, operations = [] }: MigrationFiles,
): ReleaseRequest {
  const { aws, workload, canary, database } = manifest;
  const { stopTimeout, ...container } = workload.container;
  const { healthCheckGrace } = workload;
  const { p99Margin, ...judge } = canary.judge;
  return {
    lane: { environment: manifest.environment, service: manifest.service },
    version: manifest.version,
    image: manifest.image,
    ...(manifest.acceptOlderImage === undefined ? {} : { acceptOlderImage: manifest.acceptOlderImage }),
    ...(aws === undefined ? {} : { aws }),
    workload: {
      cluster: workload.cluster,
      desiredCount: workload.desiredCount,
      colours: { blue: workload.blue, green: workload.green },
      container: {
        ...stated(container),
        ...(stopTimeout === undefined ? {} : { stopTimeoutSeconds: stopTimeout / 1000 }),
      },
      rolloutTimeoutMs: workload.rolloutTimeout,
      ...(healthCheckGrace === undefined ? {} : { healthCheckGraceSeconds: healthCheckGrace / 1000 }),
    },
    traffic: toTraffic(manifest.traffic),
    smoke: manifest.smoke,
    canary: {
      steps: canary.steps.map(({ weight, bake }) => ({ weight, bakeMs: bake })),
      judge: { ...judge, p99MarginMs: p99Margin },
      periodSeconds: canary.period / 1000,
      metricsLagMs: canary.metricsLag,
      extraBakes: canary.extraBakes,
    },
    warmWindowMs: manifest.warmWindow,
    patienceMs: manifest.patience,
    ...(database === undefined
      ? {}
      : {
          database: {
            urlSecret: database.url,
            applicationName: database.applicationName,
            migrations,
            ...(operations.length === 0 ? {} : { operations }),
            lockTimeoutMs: database.lockTimeout,
            ...(database.brakes === undefined ? {} : { brakes: stated(database.brakes) }),
            ...(database.pace === undefined ? {} : { pace: database.pace }),
            ...(database.jobs === undefined ? {} : { jobs: database.jobs }),
            quietWindowMs: database.quietWindow,
            contractApproval: database.contractApproval,
            ...(database.keepFor === undefined ? {} : { keepForMs: database.keepFor }),
            ...(database.softContract === undefined ? {} : { softContractMs: database.softContract }),
            ...(database.oldestVersion === undefined ? {} : { oldestVersion: database.oldestVersion }),
          },
        }),
  };
}
