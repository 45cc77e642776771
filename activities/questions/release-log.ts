import type { ReleaseRecord } from '../../domain/history.js';
import type { ReleaseRef } from '../../domain/lane.js';
import type { Ledger } from '../ledger/ledger.js';

export function createReleaseLogQuestion(ledger: Ledger) {
  return {
    /** What the ledger holds of a release; `release-unknown` when it holds nothing. */
    async releaseLog(release: ReleaseRef): Promise<ReleaseRecord> {
      return ledger.readRecord(release);
    },
  };
}
