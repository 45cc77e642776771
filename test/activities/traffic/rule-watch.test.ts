import { expect, it } from 'vitest';
import type { Platform } from '../../../activities/platform.js';
import { createRuleWatch } from '../../../activities/traffic/rule-watch.js';
import type { RuleState, TrafficRouter } from '../../../activities/traffic/traffic-router.js';
import type { ReleaseRequest } from '../../../domain/release-request.js';
import { inActivity } from '../in-activity.js';

const release = { lane: { environment: 'test', service: 'shop' }, version: '2' };
const colours = { blue: { targetGroupArn: 'tg-blue' }, green: { targetGroupArn: 'tg-green' } };
const request = { traffic: { ruleArn: 'rule' }, workload: { colours } } as ReleaseRequest;
const believed = { blue: 95, green: 5 };

/** Watches a rule in memory that answers what `rule` says at that look, from 1; answers with how often it was looked at. */
async function watch(rule: (look: number) => RuleState['weights'], untilMs: number): Promise<number> {
  let looks = 0;
  const readRule = () => Promise.resolve({ weights: rule(++looks), stickinessSeconds: 0 });
  const { watchRule } = createRuleWatch({
    platformOf: () => ({ router: { readRule } as unknown as TrafficRouter }) as Platform,
    readRequest: () => Promise.resolve(request),
    lookEveryMs: 20,
  });
  await inActivity(() => watchRule({ release, believed, untilMs }));
  return looks;
}

const ours = { 'tg-blue': 95, 'tg-green': 5 };
const anHourFrom = (now: number) => now + 3_600_000;

it('looks again and again until the time is over, and then once more', async () => {
  const untilMs = Date.now() + 100;
  expect(await watch(() => ours, untilMs)).toBeGreaterThan(1);
  expect(Date.now()).toBeGreaterThanOrEqual(untilMs);
  expect(await watch(() => ours, Date.now() - 1_000)).toBe(1);
});

it('ends with drift long before the time is over, with the weights of both', async () => {
  const drifted = watch((look) => (look < 3 ? ours : { 'tg-blue': 80, 'tg-green': 20 }), anHourFrom(Date.now()));
  await expect(drifted).rejects.toMatchObject({
    code: 'traffic-drift',
    message: 'expected blue 95, green 5, found blue 80, green 20: somebody else has changed it',
  });
});

it('ends with drift when the rule forwards to somebody else as well', async () => {
  await expect(watch(() => ({ ...ours, stranger: 10 }), anHourFrom(Date.now()))).rejects.toMatchObject({
    code: 'traffic-drift',
    message: expect.stringContaining('found blue 95, green 5, stranger 10 (neither blue nor green)') as string,
  });
});

it('does not take a stale answer for drift', async () => {
  const stale = { 'tg-blue': 100, 'tg-green': 0 };
  expect(await watch((look) => (look === 1 ? stale : ours), Date.now())).toBe(2);
});
