import { expect, it } from 'vitest';
import { abortSignal, pauseSignal, resumeSignal } from '../../workflows/messages.js';
import { until } from '../contract/until.js';
import { annSays, statusOf, untilDecided } from './operator.js';
import { wholeDatabase } from './plan.js';
import { withReleases } from './with-releases.js';

const releases = withReleases();

it('takes no step for a resume that comes together with an abort', async () => {
  const world = releases.world({ database: wholeDatabase });
  const held = world.hold('awaitContractEvidence');
  const handle = await releases.start(world);
  await held.begun;
  await handle.signal(pauseSignal, annSays('lunch'));
  await untilDecided(handle, 'pause: lunch');
  held.release();
  await until(
    () => statusOf(handle),
    ({ steps }) => steps.at(-1)?.name === 'prove old version gone' && steps.at(-1)?.endedAt !== undefined,
  );
  await releases.withoutWorkers(async () => {
    await handle.signal(resumeSignal, annSays('back'));
    await handle.signal(abortSignal, annSays('no!'));
  });
  expect(await handle.result()).toMatchObject({ outcome: 'rolled-back', failure: { message: 'ann: no!' } });
  expect(world.begun).not.toContain('contract');
});
