import { expect, it } from 'vitest';
import { timeSkippingEnvironment } from './java-time-skipping.js';

const environment = await timeSkippingEnvironment();

it.skipIf(environment === null)('lets hours pass in no time', async () => {
  const before = await environment?.currentTimeMs();
  await environment?.sleep('48 hours');
  const passed = ((await environment?.currentTimeMs()) ?? 0) - (before ?? 0);
  expect(passed).toBeGreaterThanOrEqual(48 * 3_600_000);
  await environment?.teardown();
});
