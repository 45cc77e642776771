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
  // Releases of one's own since then, more than the shop has versions.
  for (const version of ['own-1', 'own-2', 'own-3', 'own-4']) await submit(version);
  expect(await nextRelease(url)).toBe('npx sluice release .sluice/manifests/shop-3.yaml --wait');
  await submit('4');
  expect(await nextRelease(url)).toBe('npx sluice release .sluice/manifests/shop-3.yaml --wait');
  await submit('3');
  expect(await nextRelease(url)).toBe('npx sluice history demo/shop');
  await ledger.close();
});
