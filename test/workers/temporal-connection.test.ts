import { expect, it, vi } from 'vitest';
import { findTemporal } from '../../workers/temporal-connection.js';

it('finds Temporal by the environment it is given, not by that of the process', () => {
  vi.stubEnv('TEMPORAL_ADDRESS', 'other.example:7233');
  vi.stubEnv('TEMPORAL_NAMESPACE', 'other');
  try {
    const environment = { TEMPORAL_ADDRESS: 'temporal.internal:7233', TEMPORAL_API_KEY: undefined };
    expect(findTemporal(environment)).toMatchObject({
      options: { address: 'temporal.internal:7233' },
      namespace: 'default',
      where: 'temporal.internal:7233 (from TEMPORAL_ADDRESS)',
    });
    expect(findTemporal({})).toMatchObject({ where: '127.0.0.1:7233 (the default)' });
  } finally {
    vi.unstubAllEnvs();
  }
});
