import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import pg from 'pg';
import { describe, expect } from 'vitest';
import type { PlanReport } from '../../client/reports.js';
import type { ReleaseStatus } from '../../domain/release-state.js';
import type { CliAnswer } from '../../embedded/demo/cli.js';
import { itWithEverything } from '../support/everything.js';
import { withShopStack } from '../support/shop-stack.js';
import { withLiveRule } from '../support/live-rule.js';

const it = itWithEverything('sluice plan against the live state');

// One story, in order: what `plan` says before, during and after the releases of one lane.

const shop = withShopStack();
/** A whole release under load, on a machine with other things to do. */
const story = { timeout: 120_000 };
const baking = ({ step }: ReleaseStatus) => step.startsWith('bake');
const migrating = { runs: '2', migrates: true } as const;
const reportOf = ({ stdout }: CliAnswer) => JSON.parse(stdout) as PlanReport;

async function plan(file: string): Promise<{ answer: CliAnswer; report: PlanReport }> {
  const answer = await shop.current.sluice('plan', '-f', file, '--json');
  return { answer, report: reportOf(answer) };
}

async function rowsOf(url: string, query: string): Promise<unknown[]> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  return client.query<Record<string, unknown>>(query).then(
    ({ rows }) => client.end().then(() => rows),
    (error: Error) =>
      client.end().then(() => {
        throw error;
      }),
  );
}

/** What a plan could have changed: AWS as the simulator was asked, the ledger, the shop's schema. */
async function traces(): Promise<unknown> {
  const { stack } = shop.current;
  const calls = await fetch(`${stack.simulator.ready.endpoint}/_simulator/calls`);
  const seen = ((await calls.json()) as { operation: string }[]).map(({ operation }) => operation);
  return {
    changing: seen.filter((operation) => !/^(Describe|List|GetMetricData)/.test(operation)),
    ledger: await rowsOf(
      stack.ledgerUrl,
      `select (select count(*) from sluice.lane) as lanes, (select count(*) from sluice.release) as releases,
              (select count(*) from sluice.effect) as effects`,
    ),
    schema: await rowsOf(
      stack.shopDatabaseUrl,
      `select table_schema, table_name, column_name from information_schema.columns
        where table_schema not in ('pg_catalog', 'information_schema') order by 1, 2, 3`,
    ),
  };
}

/** The manifest with its folder of migrations replaced by these files, and whatever else is to be different. */
function withMigrations(
  file: string,
  files: Readonly<Record<string, string>>,
  change = (text: string) => text,
): string {
  const folder = path.join(path.dirname(file), `migrations-${path.basename(file, '.yaml')}`);
  for (const [name, sql] of Object.entries(files)) {
    mkdirSync(path.join(folder, path.dirname(name)), { recursive: true });
    writeFileSync(path.join(folder, name), sql);
  }
  const text = readFileSync(file, 'utf8').replace(/migrations: .*/, `migrations: ${path.basename(folder)}`);
  writeFileSync(file, change(text));
  return file;
}

describe('a plan', () => {
  it('shows steps, weights, waits, SQL and the way back, changes nothing, and says the same again', async () => {
    const file = shop.current.manifest('2', { ...migrating, steps: [10, 50] });
    const before = await traces();
    const { answer, report } = await plan(file);
    expect(answer).toMatchObject({ exitCode: 0, stderr: '' });
    expect(report).toMatchObject({
      environment: 'demo',
      service: 'shop',
      version: '2',
      refusals: [],
      waitsBehind: [],
      weights: { blue: 100, green: 0 },
      plan: { live: 'blue', idle: 'green' },
      // Two bakes of 2 s, a warm window and a quiet window of 1 s.
      duration: { expectedMs: 6_000, atLeast: true, earlierReleases: 0 },
    });
    expect(report.submitted).toBeUndefined();
    expect(
      report.steps.map(({ name, weights, waitMs, wayBack }) => [name, weights?.green, waitMs, wayBack.undo]),
    ).toEqual([
      ['provision', undefined, 0, 'everything'],
      ['expand', undefined, 0, 'everything'],
      ['backfill', undefined, 0, 'everything'],
      ['deploy', undefined, 0, 'everything'],
      ['smoke', undefined, 0, 'everything'],
      ['canary 10 %', 10, 2_000, 'everything'],
      ['canary 50 %', 50, 2_000, 'everything'],
      ['cut-over', 100, 0, 'everything'],
      ['keep-warm', undefined, 1_000, 'everything'],
      ['retire', undefined, 0, 'restart'],
      ['contract', undefined, 1_000, 'nothing'],
    ]);
    expect(report.migrations.map(({ file, kind, applied }) => [file, kind, applied])).toEqual([
      ['expand/V2.1__customer_names.sql', 'versioned', false],
      ['expand/U2.1__customer_names.sql', 'undo', undefined],
      ['backfill/V2.2__customer_names.sql', 'versioned', false],
      ['contract/V2.3__drop_full_name.sql', 'versioned', false],
    ]);
    expect(report.migrations[0]?.statements[0]).toMatch(/^alter table customers/);
    expect(report.lint).toMatchObject({
      findings: [{ file: 'expand/V2.1__customer_names.sql', rule: 'create-trigger', severity: 'warning' }],
      more: 0,
    });
    expect(report.migrations[2]?.statements).toHaveLength(1);

    expect((await plan(file)).report).toEqual(report);
    const text = await shop.current.sluice('plan', '-f', file);
    expect(text).toMatchObject({ exitCode: 0, stderr: '' });
    for (const line of [
      '-- point of no return --',
      'way back: blue keeps all traffic',
      'at least 6 s',
      'alter table',
      'expand/V2.1__customer_names.sql:40:1: create-trigger: puts the trigger customers_names on customers: ',
    ]) {
      expect(text.stdout).toContain(line);
    }
    expect(await traces()).toEqual(before);
  });

  it('is refused with 3 and every reason at once: the rule, the migrations, and what the worker does not have', async () => {
    const { manifest, sluice, stack } = shop.current;
    const unsafe = { 'expand/V9.1__tidy.sql': 'vacuum;', 'expand/U9.1__tidy.sql': 'select 1;' };
    const file = withMigrations(manifest('9', migrating), unsafe);
    await withLiveRule(stack, (rule) => rule.changeByHand({ blue: 60, green: 40 }));
    const before = await traces();
    const { answer, report } = await plan(file);
    expect(answer.exitCode).toBe(3);
    expect(report.refusals).toEqual([
      { code: 'plan-refused', message: expect.stringContaining('the rule has blue 60, green 40') },
      { code: 'plan-refused', message: expect.stringContaining('expand/V9.1__tidy.sql') },
    ]);
    expect(report.plan).toBeUndefined();
    const text = await sluice('plan', '-f', file);
    expect(text.exitCode).toBe(3);
    expect(text.stdout).toMatch(/It would be refused. Nothing was changed.(.|\n)*blue 60(.|\n)*V9\.1__tidy/);
    expect(await traces()).toEqual(before);

    await withLiveRule(stack, (rule) => rule.changeByHand({ blue: 100, green: 0 }));
    const secretless = withMigrations(manifest('9', migrating), unsafe, (text) =>
      text.replace('env:SHOP_DATABASE_URL', 'env:NOBODY_SET_THIS').replace(/ruleArn: (.*)\n/, 'ruleArn: $1gone\n'),
    );
    const { report: other } = await plan(secretless);
    expect(other.refusals).toEqual([
      { code: 'plan-refused', message: expect.stringContaining('is not there') },
      { code: 'secret-missing', message: expect.stringContaining('NOBODY_SET_THIS') },
    ]);
    expect(other.weights).toBeUndefined();
    expect(other.migrations.map(({ applied }) => applied)).toEqual([undefined, undefined]);
  });

  it('is refused by a manifest that is wrong before anybody is asked', async () => {
    const { manifest, sluice } = shop.current;
    const file = manifest('8');
    writeFileSync(file, readFileSync(file, 'utf8').replace('warmWindow: 1s', 'warmWindow: soon'));
    expect(await sluice('plan', '-f', file)).toMatchObject({
      exitCode: 3,
      stderr: expect.stringContaining('manifest-invalid'),
    });
  });

  it('says behind whom it would wait, and that a running release has the rule', story, async () => {
    const { release, manifest, sluice } = shop.current;
    const watch = await release('held', { bake: '10m' });
    await watch.until('the bake', baking);
    const { answer, report } = await plan(manifest('2', migrating));
    expect(report).toMatchObject({ waitsBehind: ['held'], refusals: [{ code: 'plan-refused' }] });
    expect(answer.exitCode).toBe(3);
    const text = await sluice('plan', '-f', manifest('2', migrating));
    expect(text.stdout).toContain('would wait behind held');
    await sluice('abort', 'demo/shop/held', '--reason', 'seen enough');
    expect(await watch.ended()).toMatchObject({ outcome: 'rolled-back' });
  });

  it('knows from the releases before how long the work takes, and what it knows nothing of', story, async () => {
    const { release, manifest, sluice } = shop.current;
    expect(await (await release('1b')).ended()).toMatchObject({ outcome: 'released' });
    const plain = await plan(manifest('1c'));
    expect(plain.report.duration).toMatchObject({ atLeast: false, earlierReleases: 1 });
    expect(plain.report.duration?.expectedMs).toBeGreaterThan(3_000);
    expect(plain.report.steps.map(({ workMs }) => typeof workMs)).toEqual(plain.report.steps.map(() => 'number'));

    const file = manifest('2', migrating);
    const { report } = await plan(file);
    expect(report.duration).toMatchObject({ atLeast: true, earlierReleases: 1 });
    const unknown = report.steps.filter(({ workMs }) => workMs === undefined).map(({ name }) => name);
    expect(unknown).toEqual(['expand', 'backfill', 'contract']);
    expect((await sluice('plan', '-f', file)).stdout).toContain('nothing is known of expand, backfill, contract');
  });

  it('tells a release that would attach from one whose content was changed', story, async () => {
    const { release, manifest, sluice } = shop.current;
    expect(await (await release('2', migrating)).ended()).toMatchObject({ outcome: 'released' });
    const { answer, report } = await plan(manifest('2', migrating));
    expect(answer.exitCode).toBe(0);
    expect(report).toMatchObject({ refusals: [], steps: [], submitted: { state: 'ended', outcome: 'released' } });
    expect(report.migrations.map(({ applied }) => applied)).toEqual([true, undefined, true, true]);
    expect((await sluice('plan', '-f', manifest('2', migrating))).stdout).toContain(
      'to submit it again starts nothing',
    );

    const changed = await plan(manifest('2', { ...migrating, bake: '3s' }));
    expect(changed.answer.exitCode).toBe(3);
    expect(changed.report.refusals).toMatchObject([{ code: 'release-changed' }]);
    expect(changed.report.submitted).toBeUndefined();
  });
});
