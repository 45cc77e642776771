import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, expect } from 'vitest';
import { parse } from 'yaml';
import { parseManifest } from '../../activities/admission/request-schema.js';
import { image } from '../../embedded/shop/versions.js';
import { actionsOf } from '../deploy/aws-policies.js';
import { itWithEverything } from '../support/everything.js';
import { withShopStack } from '../support/shop-stack.js';

const it = itWithEverything('sluice init from a live service');

const shop = withShopStack({ desiredCount: 2 });
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

  const parsed = parseManifest({ manifest: parse(readFileSync(file, 'utf8')), migrations: [] }, []);
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

it('looks with the role and in the region it is told, and writes them down', async () => {
  const { stack, sluice } = shop.current;
  const { ruleArn } = stack.infrastructure;
  const simulator = `${stack.simulator.ready.endpoint}/_simulator`;
  const aws = {
    region: 'us-east-1',
    roleArn: 'arn:aws:iam::123456789012:role/lanes/shop',
    externalId: 'sluice/team-a',
  };
  const body = JSON.stringify({ [aws.roleArn]: aws.externalId });
  await fetch(`${simulator}/external-ids`, { method: 'PUT', body });
  await fetch(`${simulator}/calls`, { method: 'DELETE' });
  const file = path.join(folder, 'lane.yaml');
  const names = ['--cluster', 'shop', '--service', 'shop-blue', '--rule', ruleArn];
  const where = ['--region', aws.region, '--role-arn', aws.roleArn, '--external-id', aws.externalId];
  expect(await sluice('init', file, ...names, ...where)).toMatchObject({ exitCode: 0, stderr: '' });
  expect((parse(readFileSync(file, 'utf8')) as { aws: unknown }).aws).toEqual(aws);
  const calls = (await (await fetch(`${simulator}/calls`)).json()) as {
    service: string;
    roleArn?: string;
    region: string;
  }[];
  const asked = calls.filter(({ service }) => service !== 'sts');
  expect(new Set(asked.map(({ roleArn, region }) => `${roleArn} ${region}`))).toEqual(
    new Set([`${aws.roleArn} ${aws.region}`]),
  );

  const guessed = [...where.slice(0, -1), 'guessed'];
  const refused = await sluice('init', path.join(folder, 'guessed.yaml'), ...names, ...guessed);
  expect(refused).toMatchObject({ exitCode: 3, stdout: '' });
  expect(refused.stderr).toContain(aws.roleArn);
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
