#!/usr/bin/env node
import { mkdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { Command } from 'commander';
import { startShoppers } from '../embedded/demo/shoppers.js';
import { startStack } from '../embedded/stack.js';
import { type Figure, holds, spreadOf } from './figure.js';
import { figuresPage } from './figures-page.js';
import { measureLoadBalancer } from './load-balancer.js';
import { residentMegabytes } from './memory.js';
import { measureOrchestration } from './orchestration.js';
import { measureReleases } from './release.js';

// npm run bench: each figure against its limit or its peer, in one run on one machine. Exits 1 when a limit is broken.

const program = new Command('bench').option('--write', 'write docs/explanation/figures.md, too').parse();
const { write } = program.opts<{ write?: boolean }>();

const stateDir = path.resolve('.sluice/bench');
mkdirSync(stateDir, { recursive: true });
const say = (line: string) => void process.stderr.write(`${line}\n`);

say('orchestration, against a workflow that does nothing');
const figures: Figure[] = [...(await measureOrchestration(path.join(stateDir, 'orchestration.log')))];
figures.push(...(await onStack()));

const page = figuresPage(figures);
writeFileSync(path.join(stateDir, 'figures.json'), `${JSON.stringify(figures, null, 2)}\n`);
process.stdout.write(page);
if (write) writeFileSync(path.resolve('docs/explanation/figures.md'), page);
const broken = figures.filter((figure) => !holds(figure));
for (const { name } of broken) say(`BROKEN: ${name}`);
process.exit(broken.length === 0 ? 0 : 1);

async function onStack(): Promise<Figure[]> {
  const stack = await startStack({ stateDir, onProgress: say });
  const memory: number[] = [];
  const sampling = setInterval(() => memory.push(residentMegabytes(process.pid)), 2_000);
  try {
    say('the load balancer, against the shop alone');
    const balancer = await measureLoadBalancer(stack);
    const shoppers = await startShoppers({
      url: stack.infrastructure.url,
      rate: 220,
      stateDir,
      oldCustomers: 120_000,
    });
    try {
      const releases = await measureReleases(stack, stateDir, say);
      return [...balancer, ...releases, memoryFigure(memory)];
    } finally {
      await shoppers.kill();
    }
  } finally {
    clearInterval(sampling);
    await stack.stop();
  }
}

function memoryFigure(samples: readonly number[]): Figure {
  return {
    name: 'memory of everything on the one machine',
    unit: 'MB',
    value: Math.max(...samples),
    limit: { atMost: 2_048 },
    spread: spreadOf(samples),
    how: 'largest of a look every 2 s: Temporal, Postgres, simulator, tasks, worker, shoppers at 220 requests/s and this program; shared pages counted once',
  };
}
