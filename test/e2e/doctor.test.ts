import { readFileSync, writeFileSync } from 'node:fs';
import { type AwsClients, createAwsClients } from '../../activities/aws-clients.js';
import { afterAll, beforeAll, expect } from 'vitest';
import type { Finding } from '../../domain/doctor/doctor.js';
import { itWithEverything } from '../support/everything.js';
import { withShopStack } from '../support/shop-stack.js';

const it = itWithEverything('sluice doctor where something is broken');

// One stack, healthy at first; then one thing after the other is broken, seen by the doctor, and mended.

const shop = withShopStack({ ownServers: true });
let aws: AwsClients;
let file: string;

beforeAll(() => {
  const { stack, manifest } = shop.current;
  const credentials = { accessKeyId: 'somebody', secretAccessKey: 'else' };
  aws = createAwsClients({ region: 'eu-central-1', endpoint: stack.simulator.ready.endpoint, credentials });
  file = manifest('2', { migrates: true });
});
afterAll(() => Object.values(aws).forEach((client: { destroy(): void }) => client.destroy()));

async function examine(manifest = file): Promise<{ exitCode: number; findings: readonly Finding[] }> {
  const { exitCode, stdout } = await shop.current.sluice('doctor', '-f', manifest, '--json');
  return { exitCode, findings: (JSON.parse(stdout) as { findings: Finding[] }).findings };
}

/** Expects these to be broken and nothing else, and an exit that says so. */
async function expectBroken(broken: Readonly<Record<string, RegExp>>, manifest?: string): Promise<void> {
  const { exitCode, findings } = await examine(manifest);
  const found = findings.filter(({ verdict }) => verdict === 'broken');
  expect(found.map(({ about }) => about).sort(), JSON.stringify(found)).toEqual(Object.keys(broken).sort());
  for (const { about, found: words, remedy } of found) {
    expect(words).toMatch(broken[about] ?? /never/);
    expect(remedy).toMatch(/\S+ \S+/);
  }
  expect(exitCode).toBe(3);
}

interface Forward {
  readonly groups: readonly (readonly [arn: string, weight: number])[];
  readonly stickySeconds?: number;
}

async function pointRule({ groups, stickySeconds }: Forward): Promise<void> {
  const TargetGroups = groups.map(([TargetGroupArn, Weight]) => ({ TargetGroupArn, Weight }));
  const sticky =
    stickySeconds === undefined
      ? {}
      : { TargetGroupStickinessConfig: { Enabled: true, DurationSeconds: stickySeconds } };
  await aws.elb.modifyRule({
    RuleArn: shop.current.stack.infrastructure.ruleArn,
    Actions: [{ Type: 'forward', ForwardConfig: { TargetGroups, ...sticky } }],
  });
}

const simulator = (method: string, what: string, body?: object) =>
  fetch(`${shop.current.stack.simulator.ready.endpoint}/_simulator/${what}`, {
    method,
    ...(body === undefined ? {} : { headers: { 'content-type': 'application/json' }, body: JSON.stringify(body) }),
  });

it('finds nothing broken where a release would go, and changes nothing by looking', async () => {
  await simulator('DELETE', 'calls');
  const { exitCode, findings } = await examine();
  expect(findings.filter(({ verdict }) => verdict === 'broken')).toEqual([]);
  expect(exitCode).toBe(0);
  const said = (about: string) => findings.filter((it) => it.about === about).map(({ found }) => found);
  expect(said('workers')).toEqual([expect.stringMatching(/^\d+ pollers?, build \S+$/)]);
  expect(said('production rule')).toEqual(['forwards to both target groups: blue 100, green 0']);
  expect(said('targets of blue')).toEqual(['1 of 1 are healthy']);
  expect(said('application_name')).toEqual([expect.stringContaining('shop/1')]);
  expect(said('AWS permissions')).toEqual([expect.stringContaining('ecs:UpdateService')]);

  const calls = (await (await simulator('GET', 'calls')).json()) as { operation: string; outcome: string }[];
  const changing = calls.filter(({ operation }) => !/^(Describe|List|Get)/.test(operation));
  expect(changing.map(({ operation }) => operation).sort()).toEqual(
    ['CreateService', 'ModifyRule', 'ModifyRule', 'RegisterTaskDefinition', 'UpdateService'].sort(),
  );
  expect(changing.filter(({ outcome }) => outcome === 'ok')).toEqual([]);
});

it('says for people what was found and what to do', async () => {
  const { stdout, exitCode } = await shop.current.sluice('doctor', '-f', file);
  expect(exitCode).toBe(0);
  expect(stdout).toMatch(/^warning +target group of blue +.*3 s.*30 s\n +Set deregistration_delay/m);
  expect(stdout).toMatch(/^0 broken, \d+ warnings, \d+ ok$/m);
});

it('sees sticky groups and a rule that points elsewhere', async () => {
  const { blueTargetGroupArn: blue, greenTargetGroupArn: green } = shop.current.stack.infrastructure;
  const both = [
    [blue, 100],
    [green, 0],
  ] as const;
  await pointRule({ groups: both, stickySeconds: 600 });
  await expectBroken({ 'production rule': /10 min; switch group stickiness off/ });
  await pointRule({ groups: [[blue, 1]] });
  await expectBroken({ 'production rule': /does not forward to .*shop-green/ });
  await pointRule({ groups: both });
});

it('sees a deregistration delay that cuts requests off', async () => {
  const { blueTargetGroupArn: TargetGroupArn } = shop.current.stack.infrastructure;
  const setDelay = (Value: string) =>
    aws.elb.modifyTargetGroupAttributes({
      TargetGroupArn,
      Attributes: [{ Key: 'deregistration_delay.timeout_seconds', Value }],
    });
  await setDelay('0');
  await expectBroken({ 'target group of blue': /found 0 s: requests under way are cut off/ });
  await setDelay('3');
});

it('sees what AWS forbids, for reads and for changes', async () => {
  for (const operation of ['UpdateService', 'DescribeTargetGroupAttributes']) {
    const fault = { kind: 'error', operation, code: 'AccessDeniedException', status: 400, times: 2 };
    expect((await simulator('POST', 'faults', fault)).ok).toBe(true);
  }
  await expectBroken({
    'AWS permissions': /^ecs:UpdateService is denied/,
    'target group of blue': /AccessDenied/,
    'target group of green': /AccessDenied/,
  });
  await simulator('DELETE', 'faults');
});

it('sees a manifest that names what is not there', async () => {
  const wrong = file.replace('.yaml', '-wrong.yaml');
  const text = readFileSync(file, 'utf8');
  writeFileSync(
    wrong,
    text.replace('env:SHOP_DATABASE_URL', 'env:NOBODY').replace('service: shop-blue', 'service: shop-bleu'),
  );
  await expectBroken({ database: /env:NOBODY/, 'service of blue': /expected shop-bleu.*found none/ }, wrong);
});

it('sees a ledger that is away', async () => {
  await shop.current.stack.own?.postgres.stop();
  await expectBroken({ ledger: /did not answer/, database: /./ });
});

it('sees a worker that polls no more', { timeout: 120_000 }, async () => {
  await shop.current.stack.worker().stop();
  const { exitCode, findings } = await examine();
  expect(findings.at(-1)).toMatchObject({ verdict: 'broken', found: expect.stringMatching(/worker|polls/) });
  expect(exitCode).toBe(3);
});
