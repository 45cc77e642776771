import { randomUUID } from 'node:crypto';
import { TimeoutFailure, WorkflowFailedError } from '@temporalio/client';
import { type Failure, failures } from '../domain/failure.js';
import type { Answered, QuestionName, Questions } from '../workflows/messages.js';
import { ClientError, refusal } from './client-error.js';
import type { Temporal } from './connection.js';
import { rootMessage } from './release-run.js';
import { releaseTaskQueue } from './task-queue.js';
import { expectWorker } from './worker-presence.js';

const runTimeoutMs = 40_000;
/** Longer than the run may last, so that nothing is left running behind a client that has given up. */
const answerTimeoutMs = 45_000;

export interface Asking<Q extends QuestionName> {
  readonly question: Q;
  /** What it is about, for the workflow's id and whoever reads it in Temporal: `production/shop`. */
  readonly about: string;
  readonly asked: Questions[Q]['asked'];
}

/**
 * Has a worker answer a question. Asking changes nothing, so it may be asked again whatever came of it. `unreachable`
 * without an answer in time; `refused` with a code of the failure table that somebody has to do something about,
 * `failure` with one that may pass by itself.
 */
export async function ask<Q extends QuestionName>(
  temporal: Temporal,
  { question, about, asked }: Asking<Q>,
): Promise<Questions[Q]['answer']> {
  await expectWorker(temporal);
  const handle = await temporal.call({ what: `ask for ${question}` }, () =>
    temporal.client.workflow.start(question, {
      workflowId: `ask/${question}/${about}/${randomUUID()}`,
      taskQueue: releaseTaskQueue(),
      args: [asked],
      workflowExecutionTimeout: runTimeoutMs,
      staticSummary: `${question} of ${about}, asked by a client; changes nothing`,
    }),
  );
  const answered: Answered<Questions[Q]['answer']> = await temporal
    .call({ what: `wait for the answer of ${handle.workflowId}`, timeoutMs: answerTimeoutMs }, () => handle.result())
    .catch((error: unknown) => {
      throw explain(error, handle.workflowId);
    });
  if ('failure' in answered) throw failed(answered.failure);
  return answered.answer;
}

function failed({ code, message }: Failure): ClientError {
  if (code === 'internal') throw new Error(message);
  if (!failures[code].retryable) return refusal(code, message);
  return new ClientError({ exit: 'failure', code, message, remedy: failures[code].remedy });
}

function explain(error: unknown, workflowId: string): unknown {
  if (!(error instanceof WorkflowFailedError)) return error;
  if (error.cause instanceof TimeoutFailure) {
    return new ClientError({
      exit: 'unreachable',
      message: `expected a worker to answer ${workflowId} within ${runTimeoutMs / 1000} s, found none that did; nothing was changed`,
      remedy: 'See that a worker of this version of sluice runs, and ask again.',
      cause: error,
    });
  }
  return new ClientError({
    exit: 'failure',
    message: `the question ${workflowId} was not answered: ${rootMessage(error)}`,
    remedy: 'Look at the run in Temporal and at the log of the worker; asking changes nothing and can be repeated.',
    cause: error,
  });
}
