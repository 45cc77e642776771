import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, expect, it } from 'vitest';
import { parse } from 'yaml';
import { parseManifest } from '../../activities/admission/request-schema.js';
import { image } from '../../embedded/shop/versions.js';
import { actionsOf } from '../deploy/aws-policies.js';
import { withShopStack } from '../support/shop-stack.js';

const shop = withShopStack();
const folder = mkdtempSync(path.join(tmpdir(), 'sluice-init-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

it('writes a manifest of the live shop that the schema takes, that plans, and that the doctor finds sound', async () => {
  const { stack, sluice } = shop.current;
  const { infrastructure } = stack;
  const calls = `${stack.simulator.ready.endpoint}/_simulator/calls`;
  await fetch(calls, { method: 'DELETE' });
  const file = path.join(folder, 'shop.yaml');
  const names = ['--cluster', 'shop', '--service', 'shop-blue', '--rule', infrastructure.ruleArn];
  const written = await sluice('init', file, ...names, '--json');
  expect(written).toMatchObject({ exitCode: 0, stderr: '' });
  expect(JSON.parse(written.stdout)).toEqual({ file, open: ['where this runs'] });

  const parsed = parseManifest({ manifest: parse(readFileSync(file, 'utf8')), migrations: [] });
  if ('problems' in parsed) throw new Error(JSON.stringify(parsed.problems));
  const { request } = parsed;
  expect(request).toMatchObject({
    lane: { service: 'shop' },
    image: image('1'),
    workload: {
      desiredCount: 2,
      colours: {
        blue: { service: 'shop-blue', targetGroupArn: infrastructure.blueTargetGroupArn },
        green: { service: 'shop-green', targetGroupArn: infrastructure.greenTargetGroupArn },
      },
      container: { name: 'shop', port: 8080, secrets: { DATABASE_URL: 'shop-database-url' } },
    },
    traffic: { ruleArn: infrastructure.ruleArn, testRuleArn: infrastructure.testRuleArn },
    smoke: { url: infrastructure.url, headers: { 'x-sluice-test': 'idle' }, paths: ['/health'] },
  });
  const planned = await sluice('plan', '-f', file, '--json');
  expect(planned.exitCode, planned.stdout).toBe(0);
  expect((await sluice('doctor', '-f', file)).exitCode).toBe(0);

  // What a release needs besides is in the worker's own policy.
  const seen = (await (await fetch(calls)).json()) as { service: string; operation: string }[];
  const actions = new Set(seen.map(({ service, operation }) => `${service}:${operation}`));
  const ofRelease = new Set(actionsOf('worker-policy.json'));
  expect([...actions].filter((action) => !ofRelease.has(action)).sort()).toEqual(actionsOf('questions-policy.json'));
});

it('refuses a service that is not there, or not behind the rule, and writes nothing', async () => {
  const { stack, sluice } = shop.current;
  const { ruleArn, testRuleArn } = stack.infrastructure;
  const init = (service: string, rule: string) =>
    sluice('init', path.join(folder, 'none.yaml'), '--cluster', 'shop', '--service', service, '--rule', rule);
  const unknown = await init('shop-bleu', ruleArn);
  expect(unknown).toMatchObject({ exitCode: 3, stdout: '' });
  expect(unknown.stderr).toContain('plan-refused: expected service shop-bleu in cluster shop, found none');
  expect((await init('shop-blue', `${testRuleArn.slice(0, -1)}x`)).exitCode).toBe(3);
  expect(() => readFileSync(path.join(folder, 'none.yaml'))).toThrow();
});
