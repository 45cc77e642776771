import { CancellationScope, condition, setHandler } from '@temporalio/workflow';
import { ApplicationFailure, CancelledFailure } from '@temporalio/common';
import { type Failure, ReleaseError } from '../domain/failure.js';
import type { ReleaseRef } from '../domain/lane.js';
import {
  didNotSucceed,
  type Ending,
  type Gate,
  type GateAnswer,
  type Phase,
  type ReleaseResult,
  type ReleaseStatus,
} from '../domain/release-state.js';
import type { Weights } from '../domain/traffic.js';
import { publish } from './audit.js';
import { meter } from './meter.js';
import {
  type Answer,
  type Approval,
  type Control,
  abortSignal,
  approveUpdate,
  pauseSignal,
  progressSignal,
  resumeSignal,
  retrySignal,
  skipSignal,
  statusQuery,
} from './messages.js';

/** A release as it runs: where it stands, what was decided, and the words an operator may say to it. */
export interface Run {
  readonly release: ReleaseRef;
  status(): ReleaseStatus;
  /** Merges what is known now and publishes it. */
  note(change: Partial<ReleaseStatus>): void;
  decide(actor: string, text: string): void;
  /** Runs the way forward until it ends, fails, or somebody aborts. */
  forward<T>(way: () => Promise<T>): Promise<T>;
  /** One line of the runbook, begun at a safe point: it waits here while the release is paused. */
  step<T>(name: string, phase: Phase, act: () => Promise<T>, found?: (result: T) => string): Promise<T>;
  /** A line of the way back: never paused. */
  undoStep<T>(name: string, act: () => Promise<T>, done?: string): Promise<T>;
  /** Holds until an operator gives one of the answers, or for that long: `undefined` when nobody has said anything. */
  ask(gate: Gate): Promise<Said>;
  ask(gate: Gate, patienceMs: number | undefined): Promise<Said | undefined>;
  /** From here on an abort is noted and refused, with this reason. */
  passPointOfNoReturn(reason: string): void;
  /** Who aborted and why, when somebody did. */
  abortFailure(): Failure | undefined;
  end(result: Ending): ReleaseResult;
}

interface Said {
  readonly answer: GateAnswer;
  readonly control: Control;
}

export function openRun(release: ReleaseRef, phase: Phase): Run {
  let status: ReleaseStatus = { ...release, phase, step: phase, steps: [], decisions: [] };
  let published: ReleaseStatus | undefined;
  let aborted: Control | undefined;
  let pointOfNoReturn: string | undefined;
  let answered: Said | undefined;
  const heard = new Set<string>();
  const way = new CancellationScope({ cancellable: true });

  const note = (change: Partial<ReleaseStatus>): void => {
    status = { ...status, ...change };
    publish(status, published);
    published = status;
  };
  const decide = (actor: string, text: string): void =>
    note({ decisions: [...status.decisions, { at: Date.now(), actor, text }] });

  /** A message said twice under one request id counts once. One from the Temporal UI may come bare. */
  const once = (kind: string, hear: (control: Control) => void) => (said: Partial<Control> | undefined) => {
    const { actor = 'somebody', reason = 'no reason given', requestId } = said ?? {};
    const key = `${kind}/${requestId}`;
    if (requestId !== undefined && heard.has(key)) return;
    heard.add(key);
    hear({ actor, reason, requestId: requestId ?? '' });
  };
  const answerBroken = (answer: 'retry' | 'skip') => (said: Partial<Answer> | undefined) =>
    // One request id may answer one gate after the other, as a CI job's does.
    once(`${answer} ${said?.gate ?? status.gate?.name ?? ''}`.trim(), (control) => {
      const { gate } = status;
      if (gate?.answers.includes(answer) !== true) {
        return decide(control.actor, `${answer} refused, nothing waits for it: ${control.reason}`);
      }
      if (said?.gate !== undefined && said.gate !== gate.name) {
        return decide(control.actor, `${answer} ${said.gate} refused, ${gate.name} waits: ${control.reason}`);
      }
      decide(control.actor, withReason(`${answer} ${gate.name}`, control));
      answered = { answer, control };
    })(said);

  setHandler(statusQuery, () => status);
  setHandler(
    pauseSignal,
    once('pause', (control) => {
      note({ paused: { actor: control.actor, reason: control.reason } });
      decide(control.actor, withReason('pause', control));
    }),
  );
  setHandler(
    resumeSignal,
    once('resume', (control) => {
      note({ paused: undefined });
      decide(control.actor, withReason('resume', control));
    }),
  );
  setHandler(
    abortSignal,
    once('abort', (control) => {
      if (pointOfNoReturn !== undefined) {
        return decide(control.actor, `abort refused, ${pointOfNoReturn}: ${control.reason}`);
      }
      decide(control.actor, `abort: ${control.reason}`);
      aborted ??= control;
      way.cancel();
    }),
  );
  setHandler(progressSignal, (news) => {
    const step = status.steps.at(-1);
    // What was told by an attempt that is over may come late.
    if (step?.name === 'backfill' && step.endedAt === undefined) note({ backfill: { ...news, at: Date.now() } });
  });
  setHandler(retrySignal, answerBroken('retry'));
  setHandler(skipSignal, answerBroken('skip'));
  setHandler(
    approveUpdate,
    (approval: Approval) => {
      once(`approve ${approval.gate}`, (control) => {
        decide(control.actor, withReason(`approve ${approval.gate}`, control));
        answered = { answer: 'approve', control };
      })(approval);
      return { gate: approval.gate };
    },
    { validator: (approval) => refuseApproval(status, approval) },
  );

  async function record<T>(name: string, act: () => Promise<T>, found?: (result: T) => string): Promise<T> {
    const startedAt = Date.now();
    const index = status.steps.length;
    const close = (text?: string): void => {
      const closed = { name, startedAt, endedAt: Date.now(), ...(text === undefined ? {} : { note: text }) };
      note({ steps: status.steps.map((step, i) => (i === index ? closed : step)), backfill: undefined });
    };
    note({ step: name, steps: [...status.steps, { name, startedAt }] });
    try {
      const result = await act();
      close(found?.(result));
      return result;
    } catch (error) {
      close(didNotSucceed);
      throw error;
    }
  }

  return {
    release,
    status: () => status,
    note,
    decide,
    forward: (act) => way.run(act),
    async step(name, nextPhase, act, found) {
      await condition(() => status.paused === undefined);
      // A resume and an abort may come at once, and the resume has ended the wait already.
      if (CancellationScope.current().consideredCancelled) throw new CancelledFailure('cancelled at a safe point');
      note({ phase: nextPhase });
      return record(name, act, found);
    },
    undoStep: (name, act, done) => record(name, act, done === undefined ? undefined : () => done),
    async ask(gate: Gate, patienceMs?: number) {
      answered = undefined;
      const { phase: before } = status;
      note({ gate, phase: 'needs-operator' });
      try {
        if (patienceMs === undefined) await condition(() => answered !== undefined);
        else await condition(() => answered !== undefined, patienceMs);
      } finally {
        note({ gate: undefined, phase: before });
      }
      // The compiler cannot see the handlers' assignments, nor that a condition without a patience has held.
      return answered as unknown as Said;
    },
    passPointOfNoReturn(reason) {
      pointOfNoReturn = reason;
      note({ noWayBack: reason });
    },
    abortFailure: () =>
      aborted === undefined ? undefined : { code: 'aborted', message: `${aborted.actor}: ${aborted.reason}` },
    end(result) {
      const whole = { lane: release.lane, version: release.version, ...result };
      note({
        phase: result.outcome === 'needs-operator' ? 'needs-operator' : 'ended',
        step: result.outcome,
        result: whole,
      });
      meter.ended(release, result);
      return whole;
    },
  };
}

/** The rule as it was last read back. */
export function believedWeights(run: Run): Weights {
  const { weights } = run.status();
  if (weights === undefined) throw new ReleaseError('plan-refused', 'the weights of the rule were never read');
  return weights;
}

/** The command line lets some answers go without one. */
function withReason(text: string, { reason }: Control): string {
  return reason === '' ? text : `${text}: ${reason}`;
}

/** Synchronous and pure: a refused update leaves nothing in the history. */
function refuseApproval(status: ReleaseStatus, approval: Approval): void {
  const { gate } = status;
  if (gate === undefined)
    throw ApplicationFailure.nonRetryable(`nothing waits for an approval; the release is at ${status.step}`);
  if (gate.name !== approval.gate) {
    throw ApplicationFailure.nonRetryable(`${approval.gate} was approved, but ${gate.name} waits`);
  }
  if (!gate.answers.includes('approve')) {
    throw ApplicationFailure.nonRetryable(`${gate.name} can be answered with ${gate.answers.join(', ')}`);
  }
}
