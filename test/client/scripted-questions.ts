import { ApplicationFailure, condition } from '@temporalio/workflow';
import type { History, HistoryQuestion } from '../../domain/history.js';
import type { Answered } from '../../workflows/messages.js';

/** Answers as a worker would for whom something is wrong; the service says what. */
export async function history({ lane }: HistoryQuestion): Promise<Answered<History>> {
  switch (lane.service) {
    case 'refused':
      return { failure: { code: 'release-unknown', message: 'the ledger has no such lane' } };
    case 'away':
      return { failure: { code: 'ledger-unreachable', message: 'the ledger did not answer' } };
    case 'defect':
      throw ApplicationFailure.nonRetryable('column "outcom" does not exist');
    case 'silent':
      await condition(() => false);
  }
  return { answer: { releases: [], more: false } };
}
