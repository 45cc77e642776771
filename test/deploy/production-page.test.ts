import { existsSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { expect, it } from 'vitest';
import { metrics } from '../../domain/metrics.js';
import { packageRoot } from '../../embedded/package-root.js';
import { readConfig } from '../../workers/config.js';
import { workerEnvironment } from '../../workers/environment.js';

const page = path.join(packageRoot, 'docs', 'how-to', 'production.md');
const text = readFileSync(page, 'utf8');
const all = (pattern: RegExp) => [...text.matchAll(pattern)].map(([, found = '']) => found);

/** Of it alone; the others a worker has, too. */
const ofTheCommandLine = ['SLUICE_ACTOR'];

it('starts a worker with what it needs', () => {
  const [run = ''] = all(/^docker run (.*) sluice$/gm);
  const handedIn = [...run.matchAll(/-e (\w+)/g)].map(([, name = '']) => name);
  const exported = new Map(
    all(/^export (.*)$/gm).flatMap((line) =>
      [...line.matchAll(/(\w+)=(\S+)/g)].map(([, name = '', value = '']) => [name, value] as const),
    ),
  );
  const environment = Object.fromEntries(handedIn.map((name) => [name, exported.get(name)]));
  expect(readConfig(environment)).toMatchObject({ ledgerUrl: exported.get('SLUICE_LEDGER_URL') });
  expect(environment).toMatchObject({ TEMPORAL_ADDRESS: 'temporal.internal:7233', TEMPORAL_NAMESPACE: 'sluice' });
});

it('alerts on metrics there are, by labels they have', () => {
  const known = Object.values(metrics);
  const used = all(/\b(sluice_\w+(?:\{[^}]*\})?)/g);
  expect(used.length).toBeGreaterThan(4);
  for (const expression of used) {
    const metric = known.find(({ name }) => expression.startsWith(name));
    expect(metric, expression).toBeDefined();
    const labels = [...expression.matchAll(/(\w+)(?:=|!)/g)].map(([, label]) => label);
    expect(metric?.labels, expression).toEqual(expect.arrayContaining(labels));
  }
});

it('names settings and files there are', () => {
  const variables = new Set(all(/\b(SLUICE_[A-Z_]+)/g));
  expect([...Object.keys(workerEnvironment.shape), ...ofTheCommandLine]).toEqual(
    expect.arrayContaining([...variables]),
  );
  const files = [
    ...all(/`(deploy\/[\w./-]+)`/g),
    ...all(/\]\(([\w./-]+)\)/g).map((link) => path.join('docs/how-to', link)),
  ];
  for (const file of files) expect(existsSync(path.join(packageRoot, file)), file).toBe(true);
});

it('says how far a worker goes with figures that were measured, and slots as they are', () => {
  const figures = readFileSync(path.join(packageRoot, 'docs', 'explanation', 'figures.md'), 'utf8');
  const [, section = ''] = /## How far one worker goes\n([^]*?)\n## /.exec(text) ?? [];
  const quoted = [...section.matchAll(/[\d.,]+ (?:ms|KB|events)/g)].map(([figure]) => figure);
  expect(quoted.length).toBeGreaterThan(4);
  for (const figure of quoted) expect(figures).toContain(` ${figure} `);
  const { release, undo } =
    /runs (?<release>\d+) activities of releases and (?<undo>\d+) of ways back/.exec(section)?.groups ?? {};
  const { SLUICE_RELEASE_SLOTS, SLUICE_UNDO_SLOTS } = workerEnvironment.shape;
  expect([release, undo]).toEqual(
    [SLUICE_RELEASE_SLOTS, SLUICE_UNDO_SLOTS].map((slots) => String(slots.parse(undefined))),
  );
});
