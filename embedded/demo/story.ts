import { mkdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Client } from '@temporalio/client';
import { colours } from '../../client/colours.js';
import { durationText } from '../../domain/duration.js';
import { type ReleaseRef, releaseWorkflowId } from '../../domain/lane.js';
import type { Outcome, ReleaseStatus } from '../../domain/release-state.js';
import type { AuditResult } from '../../examples/shop/shoppers/audit.js';
import { audit } from '../../examples/shop/shoppers/audit.js';
import { shopManifest } from '../shop/manifest.js';
import type { ShopVersion } from '../shop/versions.js';
import type { Stack } from '../stack.js';
import { mustSluice } from './cli.js';
import { type ReleaseWatch, watchRelease } from './release-watch.js';
import type { Chapter } from './report.js';
import type { Screen } from './screen.js';
import type { Shoppers } from './shoppers.js';

export interface Teller {
  readonly stack: Stack;
  readonly client: Client;
  readonly screen: Screen;
  readonly shoppers: Shoppers;
  readonly stateDir: string;
  /** Gets the release that is being told, for the picture. */
  readonly onChapter: (title: string, watch: ReleaseWatch, version: string) => void;
}

export interface Story {
  readonly chapters: readonly Chapter[];
  readonly audits: readonly AuditResult[];
  readonly workerKills: number;
}

interface ChapterPlan {
  readonly version: ShopVersion;
  readonly title: string;
  readonly expected: Outcome;
  /** Takes the schema along. */
  readonly migrates: boolean;
  /** What happens to the release on its way. */
  readonly meanwhile: (watch: ReleaseWatch) => Promise<void>;
}

/** Three releases: one with a schema change, one that must be sent back, one that loses its worker. */
export async function tellStory(teller: Teller): Promise<Story> {
  const { stack, screen } = teller;
  const audits: AuditResult[] = [];
  let workerKills = 0;

  const look = async (): Promise<void> => {
    const { acknowledgedFile } = teller.shoppers;
    audits.push(await audit({ databaseUrl: stack.shopDatabaseUrl, acknowledgedFile }));
  };
  const chapters: ChapterPlan[] = [
    {
      version: '2',
      title: 'release 1 of 3: version 2 splits a column of 120,000 customers',
      expected: 'released',
      migrates: true,
      async meanwhile(watch) {
        await watch.until('the warm window', ({ phase }) => phase === 'keep-warm');
        await look();
        screen.say('every acknowledged checkout looked up in the old and the new representation, before contract');
      },
    },
    {
      version: '3',
      title: 'release 2 of 3: version 3 passes its smoke test and fails at the till',
      expected: 'rolled-back',
      migrates: false,
      meanwhile: () => Promise.resolve(),
    },
    {
      version: '4',
      title: 'release 3 of 3: version 4 is good, but its worker is killed',
      expected: 'released',
      migrates: false,
      async meanwhile(watch) {
        await watch.until('the second bake', ({ step }) => step.startsWith('bake') && weightOf(step) > 10);
        workerKills++;
        await killWorker(teller);
        await pauseAndResume(teller, watch);
      },
    },
  ];

  const told: Chapter[] = [];
  for (const plan of chapters) told.push(await tell(teller, plan));
  return { chapters: told, audits, workerKills };
}

async function tell(teller: Teller, plan: ChapterPlan): Promise<Chapter> {
  const { client, screen, stack } = teller;
  const release: ReleaseRef = { lane: { environment: 'demo', service: 'shop' }, version: plan.version };
  screen.say(colours.bold(plan.title));
  const manifest = writeManifest(teller, plan);
  const startedAt = Date.now();
  await mustSluice(stack, ['release', manifest]);
  const watch = watchRelease(client, release);
  teller.onChapter(plan.title, watch, plan.version);
  const narrated = narrate(screen, watch);
  const [result] = await Promise.all([watch.ended(), plan.meanwhile(watch)]);
  const endedAt = Date.now();
  narrated.stop();

  const status = watch.status();
  if (status === undefined) throw new Error(`the status of version ${plan.version} was never seen`);
  const paint = result.outcome === plan.expected ? colours.green : colours.red;
  const why = result.failure === undefined ? '' : `: ${result.failure.message}`;
  screen.say(`${paint(`version ${plan.version} ${result.outcome}`)} after ${durationText(endedAt - startedAt)}${why}`);
  return {
    version: plan.version,
    expected: plan.expected,
    startedAt,
    endedAt,
    result,
    status,
    temporalUi: `${stack.temporal.uiUrl ?? ''}/namespaces/default/workflows/${encodeURIComponent(releaseWorkflowId(release.lane, release.version))}`,
  };
}

function writeManifest({ stack, stateDir }: Teller, plan: ChapterPlan): string {
  const folder = path.join(stateDir, 'demo', 'manifests');
  mkdirSync(folder, { recursive: true });
  const file = path.join(folder, `shop-${plan.version}.yaml`);
  writeFileSync(
    file,
    shopManifest(stack, { version: plan.version, runs: plan.version, migrates: plan.migrates, manifestFolder: folder }),
  );
  return file;
}

/** Says each new step and decision once. */
function narrate(screen: Screen, watch: ReleaseWatch): { stop(): void } {
  let steps = 0;
  let decisions = 0;
  const timer = setInterval(speak, 200);
  function speak(): void {
    const status = watch.status();
    if (status === undefined) return;
    const ended = status.steps.filter(({ endedAt }) => endedAt !== undefined);
    for (const step of ended.slice(steps)) {
      const took = durationText((step.endedAt ?? step.startedAt) - step.startedAt);
      screen.say(`  ${step.name.padEnd(22)} ${took.padStart(10)}  ${colours.dim(step.note ?? '')}`);
    }
    steps = ended.length;
    for (const { actor, text } of status.decisions.slice(decisions).filter((decision) => decision.actor !== 'judge')) {
      screen.say(`  ${colours.yellow(actor)} ${text}`);
    }
    decisions = status.decisions.length;
  }
  return {
    stop() {
      clearInterval(timer);
      speak();
    },
  };
}

async function killWorker({ stack, screen }: Teller): Promise<void> {
  screen.say(colours.yellow('  kill -9 of the only worker, in the middle of a canary step'));
  await stack.worker().kill();
  // Nobody is there to help now, and the shop sells on.
  await sleep(2_000);
  await stack.startWorker();
  screen.say('  another worker is started; it knows nothing but what Temporal and the ledger tell it');
}

async function pauseAndResume({ stack, screen }: Teller, watch: ReleaseWatch): Promise<void> {
  await mustSluice(stack, ['pause', 'demo/shop/4', '--reason', 'looking at the dashboards after the crash']);
  await watch.until('the pause', (status: ReleaseStatus) => status.paused !== undefined, 30_000);
  screen.say('  paused through the CLI');
  await sleep(4_000);
  await mustSluice(stack, ['resume', 'demo/shop/4', '--reason', 'all is well']);
  await watch.until('the resume', (status: ReleaseStatus) => status.paused === undefined, 30_000);
}

function weightOf(step: string): number {
  return Number(/(\d+) %/.exec(step)?.[1] ?? 0);
}
