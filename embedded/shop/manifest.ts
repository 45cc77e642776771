import path from 'node:path';
import { type ShopRelease, manifestFor } from '../../examples/shop/releases/manifest.js';
import { packageRoot } from '../package-root.js';
import type { Stack } from '../stack.js';
import { type ShopVersion, image } from './versions.js';

export interface ManifestOptions {
  readonly version: string;
  /** The version whose image it runs. */
  readonly runs: ShopVersion;
  /** Takes the schema of version 2 along. */
  readonly migrates: boolean;
  /** Where the manifest will lie: its migration folder is named from there. */
  readonly manifestFolder: string;
  readonly aws?: ShopRelease['aws'];
  /** What differs from the demo's: weights, bakes, the metrics' grain. */
  readonly steps?: readonly number[];
  readonly bake?: string;
  readonly period?: string;
  readonly minRequests?: number;
  readonly p99Margin?: string;
  readonly warmWindow?: string;
  readonly quietWindow?: string;
  readonly contractApproval?: 'automatic' | 'required';
  /** Of a stack whose service has a role of its own. Default: none. */
  readonly softContract?: string;
}

/** The manifest of one version of the shop for the stack of this machine. */
export function shopManifest(stack: Pick<Stack, 'infrastructure' | 'desiredCount'>, options: ManifestOptions): string {
  const { steps = [10, 25, 50], bake = '10s', period = '5s', minRequests = 50, p99Margin = '1s' } = options;
  const { warmWindow = '10s', quietWindow = '5s', contractApproval = 'automatic', softContract } = options;
  const { blueTargetGroupArn, greenTargetGroupArn, url, ...infrastructure } = stack.infrastructure;
  const fromManifest = (...parts: readonly string[]) =>
    path.relative(options.manifestFolder, path.join(packageRoot, ...parts));
  const migrations = fromManifest('examples', 'shop', 'migrations', 'v2');
  const database: ShopRelease['database'] = {
    ...{ migrations, quietWindow, contractApproval },
    ...(softContract === undefined ? {} : { softContract }),
  };
  return manifestFor({
    ...infrastructure,
    schema: fromManifest('schema', 'manifest.json'),
    version: options.version,
    runs: options.runs,
    image: image(options.runs),
    ...(options.aws === undefined ? {} : { aws: options.aws }),
    desiredCount: stack.desiredCount,
    blue: { service: 'shop-blue', targetGroupArn: blueTargetGroupArn },
    green: { service: 'shop-green', targetGroupArn: greenTargetGroupArn },
    listenerUrl: url,
    canary: { steps: steps.map((weight) => ({ weight, bake })), period, minRequests, p99Margin },
    warmWindow,
    ...(options.migrates ? { database } : {}),
  });
}
