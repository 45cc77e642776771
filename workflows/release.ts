import { CancellationScope, allHandlersFinished, condition, sleep } from '@temporalio/workflow';
import { ReleaseError, passingFailureCodes } from '../domain/failure.js';
import type { ReleaseRef } from '../domain/lane.js';
import type { DatabasePlan, Plan } from '../domain/plan.js';
import type { CanaryStep } from '../domain/release-request.js';
import type { Ending, Phase, ReleaseResult } from '../domain/release-state.js';
import { type Weights, describeWeights } from '../domain/traffic.js';
import { type Measurement, judge } from '../domain/verdict.js';
import { books, effects, migrations, watches } from './activity-proxies.js';
import { bake } from './bake.js';
import { goBack } from './compensation.js';
import { finishContract } from './contract.js';
import { mayPass, toFailure } from './failure.js';
import { meter } from './meter.js';
import { parkUntil } from './park.js';
import { type Run, believedWeights, openRun } from './run.js';
import { softContract } from './soft-contract.js';
import { hearTunings } from './tune.js';
import { type WatchLimit, watched } from './watched.js';

export interface ReleaseInput {
  readonly release: ReleaseRef;
  /** Who submitted it; lanes of before did not say. */
  readonly actor?: string;
}

/** A release as it was admitted: the frozen plan and the generation its effects are fenced with. */
interface Admitted {
  readonly plan: Plan;
  readonly generation: number;
}

/**
 * The runbook. While nobody is there to go on, traffic stays as the last shift has left it. Hence expand first, shift
 * last, retire and contract only after the warm window: until it is retired, the old version runs on a schema that serves
 * it, whichever version gets the traffic. Every way to leave it early — abort, failed step, failed verdict, raw cancel — is the same way back.
 */
export async function release(input: ReleaseInput): Promise<ReleaseResult> {
  const run = openRun(input.release, 'admit');
  if (input.actor !== undefined) run.note({ submittedBy: input.actor });
  const result = await wholeWay(run);
  await CancellationScope.nonCancellable(() => condition(allHandlersFinished));
  return result;
}

async function wholeWay(run: Run): Promise<ReleaseResult> {
  let admitted: Admitted | undefined;
  let ending: Ending;
  hearTunings(run, () => admitted);
  try {
    ending = await run.forward(async () => {
      admitted = await admit(run);
      await prepare(run, admitted);
      await shiftStepByStep(run, admitted.plan, admitted.generation);
      const skipped = await retire(run, admitted);
      const softly = await tryWithoutRights(run, admitted);
      return unproven(await contract(run, admitted), [...skipped, ...softly]);
    });
  } catch (error) {
    const failure = run.abortFailure() ?? toFailure(error);
    // Cancellation reaches a run once; the whole way back must stand outside of what it cancels.
    return CancellationScope.nonCancellable(() =>
      admitted === undefined ? goBack.withoutChanges(run, failure) : goBack.throughLedger(run, failure),
    );
  }
  if (run.abortFailure() !== undefined) run.decide('sluice', 'the abort came too late: everything was done');
  // Outside of what is undone: that the end cannot be written down is no reason to take a release back.
  return end(run, ending);
}

async function admit(run: Run): Promise<Admitted> {
  const { plan, generation, weights } = await run.step(
    'admit',
    'admit',
    () => effects.admit(run.release),
    (admitted) => `${admitted.plan.live} is live (${describeWeights(admitted.weights)}), ${admitted.plan.idle} is idle`,
  );
  run.note({ live: plan.live, idle: plan.idle, weights });
  return { plan, generation };
}

async function prepare(run: Run, { plan, generation }: Admitted): Promise<void> {
  const { release } = run;
  const { database, idle, desiredCount } = plan;
  const revision = await line(run, plan, 'provision', (options) =>
    effects.provision.executeWithOptions(options, [{ release, generation }]),
  );
  for (const phase of ['expand', 'backfill'] as const) {
    if (database?.[phase] !== true) continue;
    await line(run, plan, phase, (options) =>
      migrations.migrate.executeWithOptions(options, [{ release, generation, phase }]),
    );
  }
  await line(run, plan, 'deploy', (options) =>
    effects.deploy.executeWithOptions(options, [{ release, generation, revision }]),
  );
  await run.step('await healthy', 'deploy', () =>
    watched(plan.rolloutTimeoutMs, (limit) => {
      // From when it is ordered: neither a pause before the step nor workers that were away count.
      const deadlineAt = Date.now() + plan.rolloutTimeoutMs;
      const query = { release, colour: idle, revision, desiredCount, deadlineAt };
      return watches.awaitRollout.executeWithOptions(limit, [query]);
    }),
  );
  await run.step(
    'smoke',
    'smoke',
    () => watches.smoke(release),
    (found) => found,
  );
}

/** A line of the plan as a step: its detail is the summary of the activity, and what the step notes when it is done. */
async function line<T>(
  run: Run,
  plan: Plan,
  name: Phase,
  act: (options: { readonly summary: string }) => Promise<T>,
): Promise<T> {
  const summary = plan.steps.find((step) => step.name === name)?.detail ?? name;
  return run.step(
    name,
    name,
    () => act({ summary }),
    () => summary,
  );
}

async function shiftStepByStep(run: Run, plan: Plan, generation: number): Promise<void> {
  for (const step of plan.canary.steps) {
    await shift(run, { generation, name: `shift/${step.weight}`, percent: step.weight, phase: 'canary' });
    await bakeAndJudge(run, plan, step);
  }
  await shift(run, { generation, name: 'cut-over', percent: 100, phase: 'cut-over' });
  await run.step('keep warm', 'keep-warm', () =>
    sleep(plan.warmWindowMs, { summary: `${plan.live} stays at full size` }),
  );
}

interface Shift {
  readonly generation: number;
  readonly name: string;
  readonly percent: number;
  readonly phase: 'canary' | 'cut-over';
}

async function shift(run: Run, { generation, name, percent, phase }: Shift): Promise<void> {
  const { release } = run;
  await parkUntil(run, name, { halts: ['traffic-drift'], answers: ['retry', 'abort'] }, async () => {
    const believed = believedWeights(run);
    const from = describeWeights(believed);
    const weights: Weights = await run.step(
      name === 'cut-over' ? 'cut over' : `shift ${percent} %`,
      phase,
      () =>
        effects.shift.executeWithOptions({ summary: `${from} → ${percent} % on ${run.status().idle}` }, [
          { release, generation, name, percent, believed },
        ]),
      (readBack) => `from ${from} to ${describeWeights(readBack)}`,
    );
    run.note({ weights });
  });
}

/** Bakes, and judges what was measured in the bake; thin or contradicting evidence gets more time, then a person. */
async function bakeAndJudge(run: Run, plan: Plan, step: CanaryStep): Promise<void> {
  const { release } = run;
  const { weight } = step;
  let fromMs = Date.now();
  for (let bakes = 1; ; bakes++) {
    fromMs = await bake(run, step, fromMs);
    const verdict = await run.step(
      `judge ${weight} %`,
      'canary',
      async () => {
        const measurement = await measure(release, fromMs);
        return judge({ measurement, canary: plan.idle, baseline: plan.live, policy: plan.canary.judge });
      },
      ({ kind, reason }) => `${kind}: ${reason}`,
    );
    run.note({ lastVerdict: verdict });
    meter.judged(release, verdict);
    run.decide('judge', `${weight} %: ${verdict.kind} (${verdict.reason})`);
    switch (verdict.kind) {
      case 'pass':
        return;
      case 'fail':
        throw new ReleaseError('verdict-failed', verdict.reason);
      case 'inconclusive':
      case 'unmeasurable': {
        if (bakes <= plan.canary.extraBakes) continue;
        const name = `canary ${weight} %`;
        const { answer, control } = await run.ask({
          name,
          reason: verdict.reason,
          answers: ['approve', 'retry', 'abort'],
        });
        if (answer === 'approve') return;
        run.decide(control.actor, `${name} bakes once more`);
      }
    }
  }
}

/** A source that cannot even be asked is one that is down: the share of the new version must not stand unjudged for ever. */
async function measure(release: ReleaseRef, fromMs: number): Promise<Measurement> {
  try {
    return await watched(0, (limit) =>
      watches.measure.executeWithOptions(limit, [{ release, fromMs, toMs: Date.now() }]),
    );
  } catch (error) {
    if (!mayPass(error)) throw error;
    const { code, message } = toFailure(error);
    return { kind: 'unmeasurable', reason: `${code}: ${message}` };
  }
}

/** The old colour's tasks end here and not after contract: that no task of it runs is part of contract's evidence. */
async function retire(run: Run, { plan, generation }: Admitted): Promise<readonly string[]> {
  const { release } = run;
  const { live: old, patienceMs } = plan;
  let attempts = 0;
  let requests: readonly string[] = [];
  await parkUntil(run, 'retire', { halts: ['traffic-drift'], answers: ['retry', 'abort'] }, async () => {
    // Somebody has put the rule back by hand, maybe just now: not every node of the load balancer has read it.
    if (++attempts > 1) await sleep(plan.settleMs, { summary: 'the rule settles' });
    requests = await untilGone(run, 'await no requests', patienceMs, (options) =>
      watches.awaitNoRequests.executeWithOptions(options, [{ release, old, patienceMs }]),
    );
    await line(run, plan, 'retire', (options) => effects.retire.executeWithOptions(options, [{ release, generation }]));
  });
  const tasks = await untilGone(run, 'await retired', patienceMs, (options) =>
    watches.awaitRetired.executeWithOptions(options, [{ release, old, patienceMs }]),
  );
  return [...requests, ...tasks];
}

/**
 * The old version may linger longer than anybody planned for: then a person is asked, who may know better. Answers with
 * what was taken on somebody's word.
 */
async function untilGone(
  run: Run,
  name: string,
  patienceMs: number,
  watch: (options: WatchLimit) => Promise<void>,
): Promise<readonly string[]> {
  const halts = ['version-in-use', ...passingFailureCodes] as const;
  const skip = await parkUntil(run, name, { halts, answers: ['retry', 'skip', 'abort'] }, () =>
    run.step(name, 'retire', () => watched(patienceMs, watch)),
  );
  return skip === undefined ? [] : [`${name} (${skip.actor}: ${skip.reason})`];
}

/** The old version is gone on somebody's word: the end says so, with the name. */
function unproven(ending: Ending, skipped: readonly string[]): Ending {
  if (skipped.length === 0 || ending.outcome !== 'released') return ending;
  const message = `released, but not proven, taken over by hand: ${skipped.join(', ')}`;
  return { outcome: 'needs-operator', failure: { code: 'wait-skipped', message } };
}

async function tryWithoutRights(run: Run, { plan, generation }: Admitted): Promise<readonly string[]> {
  const { database } = plan;
  if (database?.contract !== true || database.softContractMs === undefined) return [];
  await proveGone(run, plan, database);
  return softContract(run, generation, database.softContractMs);
}

async function contract(run: Run, { plan, generation }: Admitted): Promise<Ending> {
  const { database } = plan;
  if (database?.contract !== true) return { outcome: 'released' };
  if (database.contractApproval === 'required') {
    await run.ask({ name: 'begin contract', reason: 'contract has no way back', answers: ['approve', 'abort'] });
  }
  await proveGone(run, plan, database);
  return run.step('contract', 'contract', () => finishContract(run, generation, ['retry', 'skip', 'abort']));
}

/** Nobody may skip this one: what is contracted away cannot be brought back. */
async function proveGone(run: Run, { live: old, patienceMs }: Plan, { quietWindowMs }: DatabasePlan): Promise<void> {
  const { release } = run;
  const name = 'prove old version gone';
  const halts = ['version-in-use', ...passingFailureCodes] as const;
  await parkUntil(run, name, { halts, answers: ['retry', 'abort'] }, async () => {
    await run.step(
      name,
      'contract',
      () =>
        watched(patienceMs + quietWindowMs, (limit) =>
          watches.awaitContractEvidence.executeWithOptions(limit, [{ release, old, quietWindowMs, patienceMs }]),
        ),
      (evidence) => evidence,
    );
  });
}

async function end(run: Run, ending: Ending): Promise<ReleaseResult> {
  run.passPointOfNoReturn('it has ended, and only that is still being written down');
  return CancellationScope.nonCancellable(async () => {
    const result: ReleaseResult = { ...run.release, ...ending };
    await books.endRelease(result);
    return run.end(result);
  });
}
