import { mkdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { colours } from '../../client/colours.js';
import { type ReleaseRef, releaseWorkflowId } from '../../domain/lane.js';
import type { ReleaseResult } from '../../domain/release-state.js';
import { shopManifest } from '../shop/manifest.js';
import type { Stack } from '../stack.js';
import { mustSluice } from './cli.js';
import type { Chapter } from './evidence.js';
import { type ReleaseWatch, watchRelease } from './release-watch.js';
import type { Screen } from './screen.js';
import type { ChapterPlan, Teller } from './story.js';

/** A release of the demo takes about a minute; one that takes this long has nobody left who could end it. */
const patienceMs = 10 * 60_000;

/** One release, from its submission to its end. Never throws: what went otherwise is in its troubles. */
export async function tell(teller: Teller, plan: ChapterPlan): Promise<Chapter> {
  const { screen, stack } = teller;
  const release: ReleaseRef = { lane: { environment: 'demo', service: 'shop' }, version: plan.version };
  screen.say(colours.bold(plan.title));
  const startedAt = Date.now();
  const troubles: string[] = [];
  const seen = await follow(teller, plan, release, troubles).catch((error: unknown) => {
    troubles.push(wordsOf(error));
    return { outcome: 'not begun' } as const;
  });
  const chapter: Chapter = {
    version: plan.version,
    expected: plan.expected,
    startedAt,
    endedAt: Date.now(),
    ...seen,
    troubles,
    temporalUi: `${stack.temporal.uiUrl ?? ''}/namespaces/default/workflows/${encodeURIComponent(releaseWorkflowId(release.lane, release.version))}`,
  };
  sayEnd(screen, chapter);
  return chapter;
}

export function wordsOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

async function follow(
  teller: Teller,
  plan: ChapterPlan,
  release: ReleaseRef,
  troubles: string[],
): Promise<Pick<Chapter, 'outcome' | 'result' | 'status'>> {
  await mustSluice(teller.stack, ['release', writeManifest(teller, plan)]);
  const watch = watchRelease(teller.client, release);
  teller.onChapter(plan.title, watch, plan.version);
  const narrated = narrate(teller.screen, watch);
  const note = (error: unknown) => void troubles.push(wordsOf(error));

  const meanwhile = plan.meanwhile(watch).catch(note);
  const result = await endOf(watch, teller.stack).catch(note);
  if (!result) watch.close();
  await meanwhile;
  narrated.stop();
  const status = watch.status();
  return { outcome: result?.outcome ?? 'unfinished', ...(result && { result }), ...(status && { status }) };
}

/** Rejects when nobody will ever see one. */
async function endOf(watch: ReleaseWatch, stack: Stack): Promise<ReleaseResult> {
  const over = new AbortController();
  const without = endless(watch, stack, over.signal);
  without.catch(() => undefined);
  try {
    return await Promise.race([watch.ended(), without]);
  } finally {
    over.abort();
  }
}

async function endless(watch: ReleaseWatch, stack: Stack, signal: AbortSignal): Promise<never> {
  const giveUpAt = Date.now() + patienceMs;
  let dead = false;
  void stack.simulator.exited.then(() => (dead = true));
  for (;;) {
    await sleep(250, undefined, { signal });
    const { gate, step } = watch.status() ?? { step: 'nothing' };
    if (gate !== undefined) throw new Error(`the release waits for an operator at ${gate.name}: ${gate.reason}`);
    if (dead) throw new Error(`the stack died under the release: the AWS simulator has ended; it was at ${step}`);
    if (Date.now() > giveUpAt)
      throw new Error(`the release did not end within ${patienceMs / 60_000} minutes; it is at ${step}`);
  }
}

function sayEnd(screen: Screen, { version, expected, outcome, startedAt, endedAt, result, troubles }: Chapter): void {
  const paint = outcome === expected ? colours.green : colours.red;
  const why = result?.failure === undefined ? '' : `: ${result.failure.message}`;
  const seconds = ((endedAt - startedAt) / 1000).toFixed(1);
  screen.say(`${paint(`version ${version} ${outcome}`)} after ${seconds} s${why}`);
  for (const trouble of troubles) screen.say(`  ${colours.red('not as told')}: ${trouble}`);
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
      const seconds = (((step.endedAt ?? step.startedAt) - step.startedAt) / 1000).toFixed(1);
      screen.say(`  ${step.name.padEnd(22)} ${seconds.padStart(5)} s  ${colours.dim(step.note ?? '')}`);
    }
    steps = ended.length;
    const said = status.decisions.filter(({ actor }) => actor !== 'judge');
    for (const { actor, text } of said.slice(decisions)) screen.say(`  ${colours.yellow(actor)} ${text}`);
    decisions = said.length;
  }
  return {
    stop() {
      clearInterval(timer);
      speak();
    },
  };
}
