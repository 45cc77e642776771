import path from 'node:path';
import { stringify } from 'yaml';
import { packageRoot } from '../package-root.js';
import type { Stack } from '../stack.js';
import { shopContainer } from './first-version.js';
import { type ShopVersion, image } from './versions.js';

export interface ManifestOptions {
  readonly version: ShopVersion;
  /** Takes the schema of version 2 along. */
  readonly migrates: boolean;
  /** Where the manifest will lie: its migration folder is named from there. */
  readonly manifestFolder: string;
  /** Seconds; defaults of the demo. */
  readonly bake?: string;
  readonly warmWindow?: string;
  readonly steps?: readonly number[];
}

/** The manifest of one version of the shop for the stack of this machine. */
export function shopManifest(stack: Pick<Stack, 'infrastructure' | 'desiredCount'>, options: ManifestOptions): string {
  return stringify(shopManifestDocument(stack, options));
}

export function shopManifestDocument(
  { infrastructure, desiredCount }: Pick<Stack, 'infrastructure' | 'desiredCount'>,
  { version, migrates, manifestFolder, bake = '10s', warmWindow = '10s', steps = [10, 25, 50] }: ManifestOptions,
) {
  const { cluster, blueTargetGroupArn, greenTargetGroupArn, ruleArn, testRuleArn, testHeader, url } = infrastructure;
  const { name, port, cpu, memory, secrets, subnets, securityGroups } = shopContainer;
  return {
    apiVersion: 'sluice/v1',
    kind: 'Release',
    environment: 'demo',
    service: 'shop',
    version,
    image: image(version),
    workload: {
      cluster,
      desiredCount,
      blue: { service: 'shop-blue', targetGroupArn: blueTargetGroupArn },
      green: { service: 'shop-green', targetGroupArn: greenTargetGroupArn },
      container: { name, port, cpu, memory, secrets, subnets, securityGroups },
      rolloutTimeout: '2m',
    },
    traffic: { ruleArn, testRuleArn },
    smoke: { url, headers: { [testHeader.name]: testHeader.value }, paths: ['/health', '/products'] },
    canary: {
      steps: steps.map((weight) => ({ weight, bake })),
      // A few of the shoppers' requests are slow on purpose, and a short bake has few requests: hence the wide p99 margin.
      judge: { minRequests: 50, errorRatioMargin: 0.01, minErrors: 4, p99Factor: 2, p99Margin: '1s' },
      period: '5s',
      extraBakes: 2,
    },
    warmWindow,
    ...(migrates
      ? {
          database: {
            url: 'env:SHOP_DATABASE_URL',
            applicationName: 'shop/{version}',
            migrations: path.relative(manifestFolder, path.join(packageRoot, 'examples', 'shop', 'migrations', 'v2')),
            quietWindow: '5s',
            contractApproval: 'automatic',
          },
        }
      : {}),
  };
}
