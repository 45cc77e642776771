import { afterAll, beforeAll } from 'vitest';
import { type PgLedger, openLedger } from '../../activities/ledger/pg-ledger.js';
import { type SimulatorWorld, startSimulatorWorld } from '../contract/simulator.js';
import { freshDatabase } from '../support/postgres.js';

/** What the activities of one test file act on: a simulated AWS account, and a real ledger. */
export interface Account {
  readonly aws: SimulatorWorld;
  readonly ledger: PgLedger;
}

/** Called at the head of a test file. */
export function withAccount(): Account {
  const account = {} as { -readonly [Key in keyof Account]: Account[Key] };
  beforeAll(async () => {
    account.ledger = await openLedger(await freshDatabase('activities'));
    account.aws = await startSimulatorWorld();
  });
  afterAll(async () => {
    await account.aws?.stop();
    await account.ledger?.close();
  });
  return account;
}
