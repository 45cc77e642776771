import { openAcknowledgedFile } from './acknowledged.js';
import { connect } from './connection.js';
import { goShopping } from './session.js';
import { type Counts, createTally, type Failure } from './tally.js';
import { startTurns } from './turns.js';

export interface CrowdOptions {
  readonly url: string;
  /** Requests a second. */
  readonly rate: number;
  /** Gets every promise of the shop, a JSON line each. */
  readonly acknowledgedFile: string;
  /** Customers 1 to this many exist from the start and are renamed, too, each by one session at most. Default none. */
  readonly oldCustomers?: number;
  /** Versions whose own 5xx are no fault of the release: they are in it to be caught. Default: 3. */
  readonly badVersions?: readonly string[];
}

export interface Report extends Counts {
  readonly at: string;
  /** Since the start. */
  readonly seconds: number;
  /** Checkouts the shop has acknowledged so far. */
  readonly acknowledged: number;
}

export interface FinalReport extends Report {
  readonly final: true;
  readonly failures: readonly Failure[];
}

export interface Crowd {
  /** What happened since the last call. */
  report(): Report;
  /** Lets nobody in any more, lets those inside finish, and answers with the totals. */
  stop(): Promise<FinalReport>;
}

/** Sends shoppers to the shop until it is stopped. */
export function startCrowd(options: CrowdOptions): Crowd {
  const tally = createTally(new Set(options.badVersions ?? ['3']));
  const acknowledged = openAcknowledgedFile(options.acknowledgedFile);
  const connections = connect(options.url);
  const began = performance.now();
  const turns = startTurns({
    rate: options.rate,
    think: 250,
    mostSessions: 2_000,
    refused: () => tally.refuse('no room: 2000 shoppers are waiting for an answer'),
    start: (turnsOfSession) =>
      goShopping({
        turns: turnsOfSession,
        connection: Math.random() < 0.1 ? connections.fresh : connections.kept,
        tally,
        acknowledged,
        random: Math.random,
        oldCustomer,
      }).catch((error: Error) => tally.complain(`an answer made no sense: ${error.message}`, 'a session')),
  });

  let renamed = 0;
  function oldCustomer(): string | undefined {
    const { oldCustomers = 0 } = options;
    if (renamed >= oldCustomers) return undefined;
    renamed += 1;
    // From both ends in turns, so that a backfill meets renamed rows early and late.
    return String(renamed % 2 === 0 ? renamed / 2 : oldCustomers - (renamed - 1) / 2);
  }
  const reportOf = (counts: Counts): Report => ({
    at: new Date().toISOString(),
    seconds: Math.round((performance.now() - began) / 100) / 10,
    ...counts,
    acknowledged: acknowledged.checkouts,
  });
  return {
    report: () => reportOf(tally.recent()),
    async stop() {
      await turns.close();
      await connections.close();
      acknowledged.close();
      return { final: true, ...reportOf(tally.total()), failures: tally.failures };
    },
  };
}
