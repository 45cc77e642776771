import { afterEach, expect, it, vi } from 'vitest';
import { startTurns } from '../../../../examples/shop/shoppers/turns.js';

const pace = { rate: 500, think: 0, mostSessions: 1_000, refused: () => {} };

afterEach(() => void vi.useRealTimers());

/** The clock is the test's: how busy the machine is decides nothing. */
const ownClock = () => void vi.useFakeTimers({ toFake: ['performance', 'setInterval', 'clearInterval'] });

it('keeps coming at its rate when nobody is answered', async () => {
  ownClock();
  let arrived = 0;
  let open = () => {};
  const answer = new Promise<void>((resolve) => (open = resolve));
  const turns = startTurns({
    ...pace,
    mostSessions: 100_000,
    start: async (session) => {
      await session.next();
      arrived += 1;
      await answer;
    },
  });
  await vi.advanceTimersByTimeAsync(1_000);
  expect(arrived).toBe(pace.rate);
  open();
  await turns.close();
});

it('makes up for turns that were due while the process was held up', async () => {
  let arrived = 0;
  const turns = startTurns({ ...pace, start: async () => void (arrived += 1) });
  const until = performance.now() + 400;
  while (performance.now() < until);
  expect(arrived).toBe(0);
  await vi.waitFor(() => expect(arrived).toBeGreaterThanOrEqual(200), { timeout: 2_000, interval: 1 });
  await turns.close();
});

it('gives a turn to a session that has thought before a new one', async () => {
  ownClock();
  let started = 0;
  let steps = 0;
  const turns = startTurns({
    ...pace,
    start: async (session) => {
      started += 1;
      for (let step = 0; step < 10; step += 1) {
        await session.next();
        steps += 1;
      }
    },
  });
  await vi.advanceTimersByTimeAsync(700);
  expect(steps).toBeGreaterThan(300);
  await Promise.all([turns.close(), vi.advanceTimersByTimeAsync(700)]);
  expect(steps).toBe(started * 10);
  expect(started).toBeLessThan(60);
});

it('refuses whom there is no room for, and says so', async () => {
  let refused = 0;
  let open = () => {};
  const answer = new Promise<void>((resolve) => (open = resolve));
  const turns = startTurns({ ...pace, mostSessions: 3, refused: () => (refused += 1), start: () => answer });
  await vi.waitFor(() => expect(refused).toBeGreaterThan(20), { timeout: 10_000 });
  open();
  await turns.close();
});

it('lets those inside finish at once when it closes, and nobody else in', async () => {
  let inside = 0;
  let started = 0;
  const turns = startTurns({
    ...pace,
    think: 3_600_000,
    start: async (session) => {
      started += 1;
      inside += 1;
      for (let step = 0; step < 5; step += 1) await session.next();
      inside -= 1;
    },
  });
  await vi.waitFor(() => expect(inside).toBeGreaterThan(10), { timeout: 10_000 });
  const startedByThen = started;
  await turns.close();
  expect([inside, started]).toEqual([0, startedByThen]);
});
