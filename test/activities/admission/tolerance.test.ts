import { expect, it } from 'vitest';
import { refuseOutdated } from '../../../activities/admission/tolerance.js';
import type { LedgerRelease } from '../../../activities/ledger/ledger.js';
import { ReleaseError } from '../../../domain/failure.js';
import type { DatabaseRequest } from '../../../domain/release-request.js';

const ledger = {
  tolerated: () => Promise.resolve(undefined),
  readRelease: ({ version }: { readonly version: string }) =>
    version === '404'
      ? Promise.reject(new ReleaseError('release-unknown', 'none'))
      : Promise.resolve({ outcome: version === 'refused' ? 'refused' : 'released' } as LedgerRelease),
};

it.each([
  ['1', undefined],
  ['2', undefined],
  ['refused', /found refused$/],
  ['404', /^database\.oldestVersion: expected a version that was released into prod\/shop, or 2 itself, found 404$/],
])('takes %s for the oldest version of version 2 when it has been in the lane', async (oldestVersion, refusal) => {
  const refusals = await refuseOutdated(ledger, {
    lane: { environment: 'prod', service: 'shop' },
    version: '2',
    image: 'shop@sha256:2',
    database: { oldestVersion } as DatabaseRequest,
  });
  expect(refusals).toEqual(refusal === undefined ? [] : [expect.stringMatching(refusal)]);
});

it('refuses an image from before a contract, and says how to have it all the same', async () => {
  const tolerated = () => Promise.resolve({ contractedBy: '2', oldest: '2', olderImageOf: '1' });
  const old = { lane: { environment: 'prod', service: 'shop' }, version: '3', image: 'shop@sha256:1' };
  expect(await refuseOutdated({ ...ledger, tolerated }, old)).toEqual([
    expect.stringMatching(/found that of version 1\. .* say why in the manifest: acceptOlderImage: <reason>$/),
  ]);
  const said = { ...old, acceptOlderImage: 'version 2 drops an index alone' };
  expect(await refuseOutdated({ ...ledger, tolerated }, said)).toEqual([]);
});
