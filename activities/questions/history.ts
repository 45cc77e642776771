import type { History, HistoryQuestion } from '../../domain/history.js';
import type { Ledger } from '../ledger/ledger.js';

export function createHistoryQuestion(ledger: Ledger) {
  return {
    /** The releases of a lane, newest first. */
    async history({ lane, limit }: HistoryQuestion): Promise<History> {
      const releases = await ledger.history(lane, limit + 1);
      return { releases: releases.slice(0, limit), more: releases.length > limit };
    },
  };
}
