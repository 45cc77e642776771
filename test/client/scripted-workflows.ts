import {
  ParentClosePolicy,
  allHandlersFinished,
  condition,
  setHandler,
  sleep,
  startChild,
  upsertMemo,
} from '@temporalio/workflow';
import { ApplicationFailure } from '@temporalio/common';
import { type ReleaseRef, releaseId, releaseWorkflowId } from '../../domain/lane.js';
import type { ReleaseResult, ReleaseStatus } from '../../domain/release-state.js';
import type { ReleaseRecord } from '../../domain/history.js';
import {
  type Answered,
  type Control,
  type LaneStatus,
  type SubmitAnswer,
  abortSignal,
  approveUpdate,
  laneStatusQuery,
  pauseSignal,
  resumeSignal,
  retrySignal,
  skipSignal,
  statusQuery,
  submitUpdate,
  type Retuning,
  tuneUnanswered,
  tuneUpdate,
  withdrawUpdate,
} from '../../workflows/messages.js';

// Stand-ins that say what the real workflows say, without a world behind them; the version names the script.

export async function lane(input: { readonly lane: ReleaseRef['lane'] }): Promise<void> {
  const answers = new Map<string, SubmitAnswer>();
  let status: LaneStatus = { lane: input.lane, running: 'none', queued: ['queued', 'refused-once'] };
  setHandler(laneStatusQuery, () => status);
  setHandler(withdrawUpdate, ({ version }) => {
    const withdrawn = status.queued.includes(version);
    // What is always queued stays so for every test.
    if (version === 'withdrawn') status = { ...status, queued: status.queued.filter((it) => it !== version) };
    return { withdrawn };
  });
  setHandler(submitUpdate, async (submission): Promise<SubmitAnswer> => {
    const { version } = submission.manifest as { readonly version: string };
    const ref = { lane: input.lane, version };
    if (version === 'unheard') await condition(() => false);
    if (version === 'unplanned') throw ApplicationFailure.nonRetryable('the rule forwards to arn:x', 'plan-refused');
    const known = answers.get(version);
    if (known !== undefined) return { ...known, attached: true };
    const answer: SubmitAnswer = {
      releaseId: releaseId(input.lane.service, version),
      version,
      workflowId: releaseWorkflowId(input.lane, version),
      // A workflow cannot hash; the test says the hash as the request id.
      manifestHash: submission.requestId,
      state: 'running',
      attached: false,
    };
    if (version === 'withdrawn') {
      status = { ...status, queued: [...status.queued, version] };
      return { ...answer, state: 'queued' };
    }
    if (version === 'done') return { ...answer, state: 'ended', outcome: 'rolled-back', attached: true };
    await startChild(release, {
      workflowId: answer.workflowId,
      args: [{ release: ref }],
      parentClosePolicy: ParentClosePolicy.ABANDON,
    });
    answers.set(version, answer);
    return answer;
  });
  await condition(() => answers.has('last') && allHandlersFinished());
}

export async function release(input: { readonly release: ReleaseRef }): Promise<ReleaseResult> {
  const ref = input.release;
  const began = Date.now();
  let status: ReleaseStatus = { ...ref, phase: 'admit', step: 'admit', steps: [], decisions: [] };
  const say = (change: Partial<ReleaseStatus>) => {
    status = { ...status, ...change };
  };
  const decide = ({ actor, reason }: Control, what: string) =>
    say({ decisions: [...status.decisions, { at: Date.now(), actor, text: `${what}: ${reason}` }] });
  let aborted = false;
  let answered = false;
  setHandler(statusQuery, () => status);
  setHandler(pauseSignal, (said) => {
    decide(said, 'pause');
    say({ paused: { actor: said.actor, reason: said.reason } });
  });
  setHandler(resumeSignal, (said) => {
    decide(said, 'resume');
    const { paused: _paused, ...rest } = status;
    status = rest;
  });
  setHandler(abortSignal, (said) => {
    decide(said, 'abort');
    aborted = true;
  });
  for (const signal of [retrySignal, skipSignal]) {
    setHandler(signal, (said) => {
      decide(said, signal.name);
      answered = true;
    });
  }
  setHandler(
    approveUpdate,
    (said) => {
      decide(said, 'approve');
      answered = true;
      return { gate: said.gate };
    },
    {
      validator: ({ gate }) => {
        if (gate !== status.gate?.name) throw ApplicationFailure.nonRetryable(`no gate ${gate} is open`);
      },
    },
  );

  const tune = ({ tuning, reset }: Retuning) => {
    if (reset === true) throw ApplicationFailure.nonRetryable('activity timed out', tuneUnanswered);
    return [{ file: 'backfill/V2__fill.sql', was: {}, now: tuning }];
  };
  setHandler(tuneUpdate, tune, {
    validator: ({ tuning }) => {
      if (tuning.batchMs !== undefined) throw ApplicationFailure.nonRetryable('the release has no backfill');
    },
  });

  upsertMemo({ step: 'shift 5 %' });
  say({
    phase: 'canary',
    step: 'canary 5 %',
    live: 'blue',
    idle: 'green',
    weights: { blue: 95, green: 5 },
    steps: [
      { name: 'deploy', startedAt: began, endedAt: began + 1_500, note: '2 tasks healthy' },
      { name: 'canary 5 %', startedAt: began + 1_500 },
    ],
  });
  const end = (outcome: ReleaseResult['outcome'], more: Partial<ReleaseResult> = {}): ReleaseResult => {
    const result = { ...ref, outcome, ...more };
    say({ phase: 'ended', result });
    return result;
  };
  const wait = async (gate: NonNullable<ReleaseStatus['gate']>, phase: ReleaseStatus['phase']) => {
    say({ gate, phase });
    await condition(() => answered || aborted);
    const { gate: _gate, ...rest } = status;
    status = { ...rest, phase: 'keep-warm' };
    await condition(allHandlersFinished);
  };

  switch (ref.version) {
    case 'refused-once':
      return end('refused', { failure: { code: 'plan-refused', message: 'the rule forwards to arn:x' } });
    case 'bad':
      return end('rolled-back', {
        failure: { code: 'verdict-failed', message: 'errors: canary 12 of 100' },
        trafficBackMs: 840,
      });
    case 'held':
    case 'asked':
    case 'lost':
      await condition(() => aborted);
      return end('rolled-back', { failure: { code: 'aborted', message: 'an operator asked for it' } });
    case 'filling':
      say({ phase: 'backfill', step: 'backfill', steps: [{ name: 'backfill', startedAt: began }] });
      await condition(() => aborted);
      return end('rolled-back');
    case 'stuck':
      await wait({ name: 'undo/shift/5', reason: 'AWS refuses', answers: ['retry', 'skip'] }, 'needs-operator');
      return end('released');
    case 'gated':
      await wait(
        { name: 'begin contract', reason: 'no session of v1 is left', answers: ['approve', 'abort'] },
        'contract',
      );
      return end('released');
    case 'asking':
      say({ gate: { name: 'canary 5 %', reason: 'too few requests', answers: ['approve', 'abort'] } });
      await condition(() => aborted);
      return end('rolled-back');
    case 'crashing':
      throw ApplicationFailure.nonRetryable('our own fault', 'internal');
    default:
      await sleep(1_200);
      say({ weights: { blue: 0, green: 100 } });
      await sleep(1_200);
      return end('released');
  }
}

export async function releaseLog({ version }: ReleaseRef): Promise<Answered<ReleaseRecord>> {
  const failure = { code: 'aborted', message: 'withdrawn by ann: not today' } as const;
  const release = { version, state: 'ended', outcome: 'refused', failure, actor: 'ann', submittedAt: 0 } as const;
  return { answer: { release, effects: [] } };
}

export async function recover({ release }: { readonly release: ReleaseRef }): Promise<ReleaseResult> {
  return { ...release, outcome: 'rolled-back', failure: { code: 'aborted', message: 'the run was lost' } };
}
