import { describe, expect, it } from 'vitest';
import { createRunNews } from '../../activities/run-news.js';
import { progressSignal, type Retuning, tuneUpdate } from '../../workflows/messages.js';
import { until } from '../contract/until.js';
import { annSays, detailsOf, statusOf, untilStep } from './operator.js';
import { wholeDatabase } from './plan.js';
import { type ReleaseHandle, withReleases } from './with-releases.js';

const releases = withReleases();

const tune = (handle: ReleaseHandle, said: Omit<Retuning, 'actor' | 'reason' | 'requestId'>) =>
  handle.executeUpdate(tuneUpdate, { args: [{ ...annSays('the shop is slow'), ...said }] });

const refusal = (message: string) => ({ cause: { message } });

describe.concurrent('the backfill of a release', () => {
  it('is tuned before and while it runs, answers with what was, and is audited; not once it is done', async () => {
    const world = releases.world({ database: wholeDatabase });
    const expand = world.hold('expand');
    const backfill = world.hold('backfill');
    const deploy = world.hold('deploy');
    const handle = await releases.start(world);
    await expand.begun;
    expect(await tune(handle, { tuning: { pace: 0.2 } })).toEqual([
      { file: 'backfill/V2__fill.sql', was: {}, now: { pace: 0.2 } },
    ]);
    expand.release();
    await backfill.begun;
    await tune(handle, { tuning: { brakes: { vacuum: 'off' } } });
    expect(world.tuning).toEqual({ pace: 0.2, brakes: { vacuum: 'off' } });
    world.fail('tune', 'database-refused');
    await expect(tune(handle, { tuning: {}, reset: true })).rejects.toMatchObject(refusal('tune was told to fail'));
    backfill.release();
    await deploy.begun;
    await expect(tune(handle, { tuning: { pace: 1 } })).rejects.toMatchObject(refusal('the backfill is done'));
    deploy.release();
    expect(await handle.result()).toMatchObject({ outcome: 'released' });
    const { decisions } = await statusOf(handle);
    expect(decisions.filter(({ actor }) => actor === 'ann').map(({ text }) => text)).toEqual([
      'tune, pace 20 % (before: as it was begun): the shop is slow',
      'tune, vacuum off (before: pace 20 %): the shop is slow',
      'tune anew, as it was begun refused, tune was told to fail: the shop is slow',
    ]);
  });

  it('tells how it goes in the details of the run, for as long as it is on', async () => {
    const world = releases.world({ database: wholeDatabase });
    const mark = { file: 'backfill/V2__fill.sql', waits: 'a vacuum', tuned: 'tuned by ann' };
    const backfill = world.hold('backfill', () => createRunNews(releases.client)()(mark, undefined));
    const deploy = world.hold('deploy');
    const handle = await releases.start(world);
    const news = {
      file: 'backfill/V2__fill.sql',
      rows: '4 of about 10 rows',
      waits: 'a vacuum',
      tuned: 'tuned by ann',
    };
    await backfill.begun;
    const { backfill: told } = await until(
      () => statusOf(handle),
      (status) => status.backfill !== undefined,
    );
    expect(told).toMatchObject(mark);
    await handle.signal(progressSignal, news);
    await until(
      () => statusOf(handle),
      (status) => status.backfill?.rows !== undefined,
    );
    const words = '**Backfill:** backfill/V2__fill.sql: 4 of about 10 rows; waits: a vacuum; tuned by ann (as of ';
    expect(await detailsOf(handle)).toContain(words);
    backfill.release();
    await deploy.begun;
    expect(await detailsOf(handle)).not.toContain('**Backfill:**');
    // Too late: what it says is over.
    await handle.signal(progressSignal, news);
    expect(await detailsOf(handle)).not.toContain('**Backfill:**');
    deploy.release();
    await handle.result();
  });

  it('is not there to be tuned, of a release without one; nonsense and silence are refused', async () => {
    const world = releases.world();
    const admit = world.hold('admit');
    const deploy = world.hold('deploy');
    const handle = await releases.start(world);
    await admit.begun;
    await expect(tune(handle, { tuning: { pace: 1 } })).rejects.toMatchObject(
      refusal('the release is not admitted yet; say it again once it is'),
    );
    admit.release();
    await deploy.begun;
    await untilStep(handle, 'deploy');
    await expect(tune(handle, { tuning: { pace: 1 } })).rejects.toMatchObject(refusal('the release has no backfill'));
    await expect(tune(handle, { tuning: { pace: 2 } })).rejects.toMatchObject(
      refusal('expected a tuning such as {"pace": 0.2, "batchMs": 5}'),
    );
    await expect(tune(handle, { tuning: { brakes: { standbyQueries: 'off' } } })).rejects.toMatchObject(
      refusal(expect.stringContaining('found standbyQueries, which strong locks wait for') as string),
    );
    await expect(tune(handle, { tuning: {} })).rejects.toMatchObject(
      refusal('expected a tuning with something in it, or a reset'),
    );
    deploy.release();
    await handle.result();
    expect(world.begun).not.toContain('tune');
  });
});
