import { expect, it } from 'vitest';
import { openLedger } from '../../../activities/ledger/pg-ledger.js';
import { firstRelease, nextRelease } from '../../../embedded/shop/next-release.js';
import { freshDatabase } from '../../support/postgres.js';

it('is the first version that nobody has submitted, and at last the history', async () => {
  const url = await freshDatabase('next-release');
  expect(await nextRelease(url)).toBe(firstRelease);
  const ledger = await openLedger(url);
  const submit = (version: string) => {
    const release = { lane: { environment: 'demo', service: 'shop' }, version };
    return ledger.register({
      ...release,
      manifestHash: 'a',
      submission: { manifest: {}, migrations: [] },
      actor: 'ann',
    });
  };
  await submit('2');
  expect(await nextRelease(url)).toBe('npx sluice release .sluice/manifests/shop-3.yaml --wait');
  await submit('4');
  expect(await nextRelease(url)).toBe('npx sluice release .sluice/manifests/shop-3.yaml --wait');
  await submit('3');
  expect(await nextRelease(url)).toBe('npx sluice history demo/shop');
  await ledger.close();
});
