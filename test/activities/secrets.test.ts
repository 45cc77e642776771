import { describe, expect, it } from 'vitest';
import { environmentSecrets } from '../../activities/secrets.js';

const secrets = environmentSecrets({
  SHOP_DATABASE_URL: 'postgres://shop',
  EMPTY: '',
  SLUICE_LEDGER_URL: 'postgres://ledger',
});

describe('a secret', () => {
  it('is the worker’s variable of that name', () => {
    expect(secrets('env:SHOP_DATABASE_URL')).toBe('postgres://shop');
  });

  it.each(['env:NONE', 'env:EMPTY', 'SHOP_DATABASE_URL'])('is missing at %s', (reference) => {
    expect(() => secrets(reference)).toThrow(/the worker has none of that name/);
  });

  it.each(['env:SLUICE_LEDGER_URL', 'env:AWS_SECRET_ACCESS_KEY', 'env:TEMPORAL_API_KEY'])(
    'is never what the worker lives by: %s',
    (reference) => {
      expect(() => secrets(reference)).toThrow(/which is the worker's own/);
    },
  );
});
