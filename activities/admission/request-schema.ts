import { z } from 'zod';
import type { MigrationFile } from '../../domain/migration.js';
import type { ReleaseRequest, TrafficRequest } from '../../domain/release-request.js';
import { duration } from './manifest-duration.js';
import { comparing, name, section } from './manifest-fields.js';
import { image } from './manifest-image.js';
import { expected, problemsOf, type ManifestProblem } from './manifest-problem.js';
import { canary, database, smoke, traffic, workload } from './manifest-sections.js';
import { checkMigrationSet } from './migration-set.js';

export { manifestHash } from './manifest-hash.js';
export { migrationBytesLimit } from './migration-set.js';
export type { ManifestProblem } from './manifest-problem.js';

/** What came with the submission: the YAML document as data, and the files of its migration folder. */
export interface ManifestContent {
  readonly manifest: unknown;
  readonly migrations: readonly MigrationFile[];
}

export type ParsedManifest = { readonly request: ReleaseRequest } | { readonly problems: readonly ManifestProblem[] };

/** Reads a manifest; names every problem at once. Pure: the client asks it early, the worker asks it again. */
export function parseManifest({ manifest, migrations }: ManifestContent): ParsedManifest {
  const parsed = manifestSchema.safeParse(manifest);
  const problems = [
    ...problemsOf(parsed.error?.issues ?? [], knownKeysAt),
    ...checkMigrationSet(migrations),
    ...checkDatabaseIsThere({ manifest, migrations }),
  ];
  return parsed.success && problems.length === 0 ? { request: toRequest(parsed.data, migrations) } : { problems };
}

function checkDatabaseIsThere({ manifest, migrations }: ManifestContent): ManifestProblem[] {
  const without = typeof manifest === 'object' && manifest !== null && !('database' in manifest);
  if (!without || migrations.length === 0) return [];
  return [
    { path: ['database'], message: 'expected a database section, since there are migration files; found nothing' },
  ];
}

/** The one schema of a manifest. Defaults are documented by what stands in `prefault`. */
const manifestSchema = section(
  {
    apiVersion: z.literal('sluice/v1', expected('sluice/v1')),
    kind: z.literal('Release', expected('Release')),
    environment: name('an environment'),
    service: name('a service'),
    version: name('a version'),
    image,
    workload,
    traffic,
    smoke,
    canary,
    warmWindow: duration({ min: '0s' }).prefault('10m'),
    database: database.optional(),
  },
  'apiVersion, kind, environment, service, version, image, workload, traffic, smoke and canary',
).superRefine(({ database, version }, ctx) => {
  const pattern = database?.applicationName;
  if (typeof pattern !== 'string' || typeof version !== 'string') return;
  const length = pattern.replace('{version}', version).length;
  if (length <= 63) return;
  const message = `expected at most 63 characters with the version in it, found ${length}: Postgres would cut it`;
  ctx.addIssue({ code: 'custom', path: ['database', 'applicationName'], message });
}, comparing);

interface KnownKeys {
  readonly properties?: Readonly<Record<string, KnownKeys>>;
  readonly items?: KnownKeys;
}

const knownKeys = z.toJSONSchema(manifestSchema, { io: 'input' }) as KnownKeys;

function knownKeysAt(path: ManifestProblem['path']): readonly string[] {
  const at = path.reduce<KnownKeys | undefined>(
    (keys, part) => (typeof part === 'number' ? keys?.items : keys?.properties?.[part]),
    knownKeys,
  );
  return Object.keys(at?.properties ?? {});
}

function toTraffic({ settle, ...rules }: z.output<typeof traffic>): TrafficRequest {
  return { ...rules, settleMs: settle };
}

function toRequest(manifest: z.output<typeof manifestSchema>, migrations: readonly MigrationFile[]): ReleaseRequest {
  const { workload, canary, database } = manifest;
  const { executionRoleArn, taskRoleArn, stopTimeout, ...container } = workload.container;
  const { p99Margin, ...judge } = canary.judge;
  return {
    lane: { environment: manifest.environment, service: manifest.service },
    version: manifest.version,
    image: manifest.image,
    workload: {
      cluster: workload.cluster,
      desiredCount: workload.desiredCount,
      colours: { blue: workload.blue, green: workload.green },
      container: {
        ...container,
        ...(executionRoleArn === undefined ? {} : { executionRoleArn }),
        ...(taskRoleArn === undefined ? {} : { taskRoleArn }),
        stopTimeoutSeconds: stopTimeout / 1000,
      },
      rolloutTimeoutMs: workload.rolloutTimeout,
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
    ...(database === undefined
      ? {}
      : {
          database: {
            urlSecret: database.url,
            applicationName: database.applicationName,
            migrations,
            lockTimeoutMs: database.lockTimeout,
            quietWindowMs: database.quietWindow,
            contractApproval: database.contractApproval,
          },
        }),
  };
}
