import { openLedger } from '../../activities/ledger/pg-ledger.js';
import { laneName } from '../../domain/lane.js';
import { shopVersions } from './versions.js';

/** The first one comes with the stack, and is never released. */
const [firstVersion, secondVersion] = shopVersions;
const wholeHistory = Number.MAX_SAFE_INTEGER;
const lane = { environment: 'demo', service: 'shop' };

/** What to type next on a stack that runs: the first version of the shop that nobody has submitted, as long as there is one. */
export async function nextRelease(ledgerUrl: string): Promise<string> {
  const ledger = await openLedger(ledgerUrl);
  try {
    const submitted = (await ledger.history(lane, wholeHistory)).map(({ version }) => version);
    const next = shopVersions.find((version) => version !== firstVersion && !submitted.includes(version));
    return next === undefined ? `npx sluice history ${laneName(lane)}` : releaseCommand(next);
  } finally {
    await ledger.close();
  }
}

/** On a stack that has just come up. */
export const firstRelease = releaseCommand(secondVersion);

function releaseCommand(version: string): string {
  return `npx sluice release .sluice/manifests/shop-${version}.yaml --wait`;
}
