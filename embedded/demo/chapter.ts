import { mkdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { colours } from '../../client/colours.js';
import { durationText } from '../../domain/duration.js';
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

  let gate = plan.gate;
  const meanwhile = plan.meanwhile(watch).catch((error: unknown) => {
    note(error);
    gate = undefined;
  });
  const isAnswered = (name: string) => name === gate;
  const result = await endOf({ watch, stack: teller.stack, isAnswered }).catch(note);
  if (!result) watch.close();
  await meanwhile;
  narrated.stop();
  const status = watch.status();
  return { outcome: result?.outcome ?? 'unfinished', ...(result && { result }), ...(status && { status }) };
}

interface Going {
  readonly watch: ReleaseWatch;
  readonly stack: Stack;
  /** Whether the story is there to answer this question of the release. */
  readonly isAnswered: (gate: string) => boolean;
}

/** Rejects when nobody will ever see one. */
async function endOf(going: Going): Promise<ReleaseResult> {
  const over = new AbortController();
  const endless = noEnd(going, over.signal);
  endless.catch(() => undefined);
  try {
    return await Promise.race([going.watch.ended(), endless]);
  } finally {
    over.abort();
  }
}

/** Rejects when it is clear that the release will not end by itself. */
async function noEnd({ watch, stack, isAnswered }: Going, signal: AbortSignal): Promise<never> {
  const giveUpAt = Date.now() + patienceMs;
  let dead = false;
  void stack.simulator.exited.then(() => (dead = true));
  for (;;) {
    await sleep(250, undefined, { signal });
    const { gate, step } = watch.status() ?? { step: 'its beginning' };
    if (gate !== undefined && !isAnswered(gate.name))
      throw new Error(`the release waits for an operator at ${gate.name}: ${gate.reason}`);
    if (dead) throw new Error(`the AWS simulator died under the release, which was at ${step}`);
    if (Date.now() > giveUpAt)
      throw new Error(`the release did not end within ${patienceMs / 60_000} minutes; it is at ${step}`);
  }
}

function sayEnd(screen: Screen, { version, expected, outcome, startedAt, endedAt, result, troubles }: Chapter): void {
  const paint = outcome === expected ? colours.green : colours.red;
  const why = result?.failure === undefined ? '' : `: ${result.failure.message}`;
  screen.say(`${paint(`version ${version} ${outcome}`)} after ${durationText(endedAt - startedAt)}${why}`);
  for (const trouble of troubles) screen.say(`  ${colours.red('not as told')}: ${trouble}`);
}

function writeManifest({ stack, stateDir }: Teller, plan: ChapterPlan): string {
  const folder = path.join(stateDir, 'demo', 'manifests');
  mkdirSync(folder, { recursive: true });
  const file = path.join(folder, `shop-${plan.version}.yaml`);
  const options = {
    version: plan.version,
    runs: plan.version,
    migrates: plan.migrates,
    manifestFolder: folder,
    contractApproval: plan.gate === undefined ? 'automatic' : 'required',
    // The demo shares its machine with whatever else runs there: a late answer says little about the version.
    p99Margin: '5s',
  } as const;
  writeFileSync(file, shopManifest(stack, options));
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
