import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { parseManifest } from '../../../../activities/admission/request-schema.js';
import { type ShopRelease, manifestFor } from '../../../../examples/shop/releases/manifest.js';

const loadBalancing = 'arn:aws:elasticloadbalancing:eu-central-1:123456789012';

const release: ShopRelease = {
  schema: '../schema/manifest.json',
  version: '2',
  image: `registry.example/shop@sha256:${'0f'.repeat(32)}`,
  cluster: 'shop',
  desiredCount: 2,
  blue: { service: 'shop-blue', targetGroupArn: `${loadBalancing}:targetgroup/shop-blue/1` },
  green: { service: 'shop-green', targetGroupArn: `${loadBalancing}:targetgroup/shop-green/2` },
  ruleArn: `${loadBalancing}:listener-rule/app/shop/1/2/3`,
  testRuleArn: `${loadBalancing}:listener-rule/app/shop/1/2/4`,
  listenerUrl: 'http://127.0.0.1:41234',
  testHeader: { name: 'x-sluice-test', value: 'idle' },
  canary: {
    steps: [
      { weight: 5, bake: '10s' },
      { weight: 50, bake: '10s' },
    ],
    period: '5s',
    minRequests: 50,
  },
  warmWindow: '10s',
};

describe('the manifest of the sample shop', () => {
  it('is one that sluice accepts', () => {
    const parsed = parseManifest({ manifest: parse(manifestFor(release)), migrations: [] }, []);
    expect(parsed).toMatchObject({
      request: {
        lane: { environment: 'demo', service: 'shop' },
        version: '2',
        smoke: { url: 'http://127.0.0.1:41234', headers: { 'x-sluice-test': 'idle' } },
        canary: { steps: [{ weight: 5, bakeMs: 10_000 }, { weight: 50 }], periodSeconds: 5 },
        warmWindowMs: 10_000,
      },
    });
    expect(parsed).not.toHaveProperty('request.database');
  });

  it('names the migrations and the database where the release changes the schema', () => {
    const database = { migrations: '../migrations/v2', quietWindow: '5s', contractApproval: 'automatic' } as const;
    const manifest: unknown = parse(manifestFor({ ...release, database }));
    expect(manifest).toMatchObject({ database: { migrations: '../migrations/v2', url: 'env:SHOP_DATABASE_URL' } });
    expect(parseManifest({ manifest, migrations: [] }, [])).toMatchObject({
      request: { database: { applicationName: 'shop/{version}', quietWindowMs: 5_000 } },
    });
  });

  it('reads back as the text that was put in, whatever YAML makes of it bare', () => {
    const text = fc.oneof(
      fc.string(),
      fc.constantFrom('1e3', 'null', 'no', '0x1f', 'a: b', '# c', '~', '- d', 'a #b', "it's"),
    );
    fc.assert(
      fc.property(text, (cluster) => {
        expect(parse(manifestFor({ ...release, cluster }))).toMatchObject({ workload: { cluster } });
      }),
    );
  });
});
