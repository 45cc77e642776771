import { books } from './activity-proxies.js';

/** Started by a schedule: a release that is open in the ledger and has no lane looking after it gets one. */
export async function reaper(): Promise<readonly string[]> {
  return books.wakeLanes();
}
