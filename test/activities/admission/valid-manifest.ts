import type { MigrationFile } from '../../../domain/migration.js';

export const digest = `sha256:${'5b'.repeat(32)}`;

const loadBalancing = 'arn:aws:elasticloadbalancing:eu-central-1:123456789012';

/** A manifest as data with every key in it, fresh for each caller. */
export function validManifest() {
  return {
    apiVersion: 'sluice/v1',
    kind: 'Release',
    environment: 'production',
    service: 'shop',
    version: 'v2',
    image: `registry.example:5000/shop@${digest}`,
    aws: {
      region: 'eu-central-1',
      roleArn: 'arn:aws:iam::123456789012:role/lanes/shop',
      externalId: 'sluice/shop',
    },
    workload: {
      cluster: 'main',
      desiredCount: 3,
      blue: { service: 'shop-blue', targetGroupArn: `${loadBalancing}:targetgroup/shop-blue/73e2d6bc24d8a067` },
      green: { service: 'shop-green', targetGroupArn: `${loadBalancing}:targetgroup/shop-green/73e2d6bc24d8a068` },
      container: {
        name: 'shop',
        port: 8080,
        cpu: 256,
        memory: '512',
        environment: { LOG_LEVEL: 'info' } as Record<string, unknown>,
        secrets: { DATABASE_URL: 'shop-database-url' } as Record<string, unknown>,
        executionRoleArn: 'arn:aws:iam::123456789012:role/execution',
        taskRoleArn: 'arn:aws:iam::123456789012:role/shop',
        subnets: ['subnet-0a'],
        securityGroups: ['sg-0a'],
        stopTimeout: '20s',
      },
      rolloutTimeout: '5m',
    },
    traffic: {
      ruleArn: `${loadBalancing}:listener-rule/app/shop/50dc6c495c0c9188/f2f7dc8efc522ab2/9683b2d02a6cabee`,
      testRuleArn: `${loadBalancing}:listener-rule/app/shop/50dc6c495c0c9188/f2f7dc8efc522ab2/9683b2d02a6cabef`,
    },
    smoke: {
      url: 'https://shop.example',
      headers: { 'x-sluice-test': 'idle' } as Record<string, unknown>,
      paths: ['/health'],
    },
    canary: {
      steps: [
        { weight: 5, bake: '2m' },
        { weight: 25, bake: '1.5h' },
      ] as { weight: unknown; bake: unknown }[],
      judge: { minRequests: 200, errorRatioMargin: 0.02, minErrors: 4, p99Factor: 2, p99Margin: '250ms' },
      period: '60s',
      extraBakes: 1,
    },
    warmWindow: '15m',
    database: {
      url: 'env:SHOP_DATABASE_URL',
      applicationName: 'shop/{version}',
      migrations: '../migrations/v2',
      lockTimeout: '200ms',
      quietWindow: '45s',
      contractApproval: 'automatic',
    },
  };
}

export const validMigrations: readonly MigrationFile[] = [
  { phase: 'expand', name: 'V2__names.sql', sql: 'alter table customers add first_name text;' },
  { phase: 'expand', name: 'U2__names.sql', sql: 'alter table customers drop first_name;' },
  { phase: 'backfill', name: 'V2__names.sql', sql: 'update customers set first_name = full_name;' },
  { phase: 'contract', name: 'V2__names.sql', sql: 'alter table customers drop full_name;' },
];
