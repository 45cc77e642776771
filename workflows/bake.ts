import { CancellationScope, patched, sleep } from '@temporalio/workflow';
import type { CanaryStep } from '../domain/release-request.js';
import type { Weights } from '../domain/traffic.js';
import { watches } from './activity-proxies.js';
import { mayPass } from './failure.js';
import { parkUntil } from './park.js';
import { type Run, believedWeights } from './run.js';
import { watched } from './watched.js';

/**
 * Time at a weight, with an eye on the rule. Answers with since when the canary can be measured: what was counted while
 * somebody else's weights stood there tells nothing of it, so a bake that was halted begins anew.
 */
export async function bake(run: Run, { weight, bakeMs }: CanaryStep, measuredFromMs: number): Promise<number> {
  const name = `bake ${weight} %`;
  let fromMs = measuredFromMs;
  let attempts = 0;
  await parkUntil(run, name, { halts: ['traffic-drift'], answers: ['retry', 'abort'] }, async () => {
    if (++attempts > 1) fromMs = Date.now();
    await run.step(name, 'canary', () => underWatch(run, bakeMs, `bake at ${weight} %`));
  });
  return fromMs;
}

export async function underWatch(run: Run, bakeMs: number, summary: string): Promise<void> {
  if (!patched('watched-bake')) return sleep(bakeMs, { summary });
  const believed = believedWeights(run);
  const both = new CancellationScope();
  try {
    await both.run(() => Promise.all([sleep(bakeMs, { summary }), watchRule(run, believed, bakeMs)]));
  } finally {
    // A rule that has drifted ends the timer, too.
    both.cancel();
  }
}

/** Where nobody can say what the rule is, the bake goes on: the next shift asks again before it changes anything. */
async function watchRule({ release }: Run, believed: Weights, bakeMs: number): Promise<void> {
  const query = { release, believed, untilMs: Date.now() + bakeMs };
  try {
    await watched(bakeMs, (limit) => watches.watchRule.executeWithOptions(limit, [query]));
  } catch (error) {
    if (!mayPass(error)) throw error;
  }
}
