import { describeRelease } from '../../domain/lane.js';
import type { ReleaseRequest } from '../../domain/release-request.js';
import { isReleaseError } from '../../domain/failure.js';
import type { Ledger } from '../ledger/ledger.js';

/**
 * What contract has removed, an older version misses: it would start, and fail its first shopper. Every reason not to
 * release this image into this lane any more.
 */
export async function refuseOutdated(
  ledger: Pick<Ledger, 'tolerated' | 'readRelease'>,
  request: Pick<ReleaseRequest, 'lane' | 'version' | 'image' | 'acceptOlderImage' | 'database'>,
): Promise<readonly string[]> {
  const { lane, version, image, acceptOlderImage, database } = request;
  const refusals: string[] = [];
  const found = acceptOlderImage === undefined ? await ledger.tolerated(lane, image) : undefined;
  if (found?.olderImageOf !== undefined && found.olderImageOf !== version) {
    const { contractedBy, oldest, olderImageOf } = found;
    refusals.push(
      `expected an image of version ${oldest} or later, because the contract of ${describeRelease({ lane, version: contractedBy })} has removed what versions before it need; found that of version ${olderImageOf}. Release a version that goes forward; where this one works all the same, say why in the manifest: acceptOlderImage: <reason>`,
    );
  }
  const oldest = database?.oldestVersion;
  if (oldest !== undefined && oldest !== version && !(await isKnown(ledger, { lane, version: oldest }))) {
    refusals.push(
      `database.oldestVersion: expected a version that was released into ${lane.environment}/${lane.service}, or ${version} itself, found ${oldest}`,
    );
  }
  return refusals;
}

async function isKnown(
  ledger: Pick<Ledger, 'readRelease'>,
  release: Pick<ReleaseRequest, 'lane' | 'version'>,
): Promise<boolean> {
  try {
    return (await ledger.readRelease(release)).outcome !== 'refused';
  } catch (error) {
    if (isReleaseError(error) && error.code === 'release-unknown') return false;
    throw error;
  }
}
