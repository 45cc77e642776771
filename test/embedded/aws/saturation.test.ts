import { afterEach, expect, test } from 'vitest';
import { type SaturationWatch, watchSaturation } from '../../../embedded/aws/saturation.js';
import { until } from './support/until.js';

let watch: SaturationWatch;
afterEach(() => watch.stop());

test('counts the time in which the process found no idle moment, and no other', async () => {
  watch = watchSaturation(50);
  await until('it was idle for a while', async () => watch.read().seconds - watch.read().saturatedSeconds > 0.2);

  const before = watch.read();
  await withoutIdleness(() => watch.read().saturatedSeconds - before.saturatedSeconds > 0.3);
  const after = watch.read();
  expect(after.seconds - before.seconds).toBeGreaterThanOrEqual(after.saturatedSeconds - before.saturatedSeconds);

  await until('it was idle again', async () => {
    const { seconds, saturatedSeconds } = watch.read();
    return seconds - saturatedSeconds > after.seconds - after.saturatedSeconds + 0.2;
  });
});

/** The event loop turns, and has always something to do. */
async function withoutIdleness(enough: () => boolean): Promise<void> {
  const giveUpAt = performance.now() + 20_000;
  while (!enough()) {
    if (performance.now() > giveUpAt)
      throw new Error('it turned for 20 s without an idle moment, and none was counted');
    const end = performance.now() + 5;
    while (performance.now() < end);
    await new Promise((resolve) => setImmediate(resolve));
  }
}
