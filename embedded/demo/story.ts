import { setTimeout as sleep } from 'node:timers/promises';
import type { Client } from '@temporalio/client';
import { colours } from '../../client/colours.js';
import type { Outcome, ReleaseStatus } from '../../domain/release-state.js';
import { audit } from '../../examples/shop/shoppers/audit.js';
import type { ShopVersion } from '../shop/versions.js';
import type { Stack } from '../stack.js';
import { tell } from './chapter.js';
import { mustSluice } from './cli.js';
import type { Audits, Chapter } from './evidence.js';
import type { ReleaseWatch } from './release-watch.js';
import type { Screen } from './screen.js';
import type { Shoppers } from './shoppers.js';

export interface Teller {
  readonly stack: Stack;
  readonly client: Client;
  readonly screen: Screen;
  readonly shoppers: Shoppers;
  readonly stateDir: string;
  readonly customers: number;
  /** Gets the release that is being told, for the picture. */
  readonly onChapter: (title: string, watch: ReleaseWatch, version: string) => void;
}

export interface Story {
  /** All of them, also those that were not begun. */
  readonly chapters: readonly Chapter[];
  readonly audits: Omit<Audits, 'end'>;
  readonly workerKills: number;
}

export interface ChapterPlan {
  readonly version: ShopVersion;
  readonly title: string;
  readonly expected: Outcome;
  /** Takes the schema along. */
  readonly migrates: boolean;
  /** The question of the release that `meanwhile` answers; nobody is there for any other. */
  readonly gate?: string;
  /** What happens to the release on its way. */
  readonly meanwhile: (watch: ReleaseWatch) => Promise<void>;
}

/**
 * Three releases: one with a schema change, one that must be sent back, one that loses its worker. Never throws: what
 * goes otherwise is trouble of its chapter, and one that does not end as it must is the last that is begun.
 */
export async function tellStory(teller: Teller): Promise<Story> {
  const { stack, screen } = teller;
  let audits: Story['audits'] = {};
  let workerKills = 0;

  const look = async (moment: keyof typeof audits): Promise<void> => {
    const { acknowledgedFile } = teller.shoppers;
    const found = await audit({ databaseUrl: stack.shopDatabaseUrl, acknowledgedFile });
    audits = { ...audits, [moment]: found };
    const where = found.representations.join(' and ');
    screen.say(`  ${found.checkoutsAcknowledged} acknowledged checkouts looked up in ${where}`);
  };
  const plans: ChapterPlan[] = [
    {
      version: '2',
      title: `release 1 of 3: version 2 splits a column of ${teller.customers.toLocaleString('en')} customers`,
      expected: 'released',
      migrates: true,
      gate: 'begin contract',
      async meanwhile(watch) {
        await watch.until('the warm window', ({ phase }) => phase === 'keep-warm', Infinity);
        await look('warmWindow');
        // Contract waits for it: however slow this machine is, the old column is there to be looked at.
        await watch.until('the question before contract', ({ gate }) => gate?.name === 'begin contract', Infinity);
        await look('beforeContract');
        await mustSluice(stack, ['approve', 'demo/shop/2', '--reason', 'every checkout is in both representations']);
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
        const inSecondBake = ({ step }: ReleaseStatus) => step.startsWith('bake') && weightOf(step) > 10;
        await watch.until('the second bake', inSecondBake, Infinity);
        if (await killWorker(teller)) workerKills++;
        await startAnotherWorker(teller);
        await pauseAndResume(teller, watch);
      },
    },
  ];

  const chapters: Chapter[] = [];
  for (const plan of plans) {
    const last = chapters.at(-1);
    chapters.push(last === undefined || last.outcome === last.expected ? await tell(teller, plan) : skip(plan));
  }
  return { chapters, audits, workerKills };
}

function skip({ version, expected }: ChapterPlan): Chapter {
  const now = Date.now();
  return { version, expected, outcome: 'not begun', startedAt: now, endedAt: now, troubles: [], temporalUi: '' };
}

/** Whether it was SIGKILL that ended it. */
async function killWorker({ stack, screen }: Teller): Promise<boolean> {
  screen.say(colours.yellow('  kill -9 of the only worker, in the middle of a canary step'));
  const { signal } = await stack.worker().kill();
  return signal === 'SIGKILL';
}

async function startAnotherWorker({ stack, screen }: Teller): Promise<void> {
  // Nobody is there to help now, and the shop sells on.
  await sleep(2_000);
  await stack.startWorker();
  screen.say('  another worker is started; it knows nothing but what Temporal and the ledger tell it');
}

async function pauseAndResume({ stack, screen }: Teller, watch: ReleaseWatch): Promise<void> {
  await mustSluice(stack, ['pause', 'demo/shop/4', '--reason', 'looking at the dashboards after the crash']);
  await watch.until('the pause', (status: ReleaseStatus) => status.paused !== undefined, Infinity);
  screen.say('  paused through the CLI');
  await sleep(4_000);
  await mustSluice(stack, ['resume', 'demo/shop/4', '--reason', 'all is well']);
  await watch.until('the resume', (status: ReleaseStatus) => status.paused === undefined, Infinity);
}

function weightOf(step: string): number {
  return Number(/(\d+) %/.exec(step)?.[1] ?? 0);
}
