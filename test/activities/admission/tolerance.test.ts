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
