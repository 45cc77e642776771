import { expect, it } from 'vitest';
import { createStallBudget } from '../../../activities/database/stall-budget.js';

it('makes attempts wait that would hold others up for more than their share of a minute', () => {
  let now = 0;
  const budget = createStallBudget(5_000, () => now);
  expect(budget.wait(500)).toBe(0);
  for (let attempt = 1; attempt <= 10; attempt++) {
    now += 600;
    expect(budget.wait(500)).toBe(0);
    budget.spent(500);
  }
  // The first one ended at 0.6 s, and counts for a minute.
  expect(budget.wait(500)).toBe(60_600 - now);
  now = 60_600;
  expect(budget.wait(500)).toBe(0);
  expect(budget.wait(1_000)).toBe(600);
});

it('gives an attempt a minute of its own that is longer than all of them may be', () => {
  let now = 0;
  const budget = createStallBudget(100, () => now);
  expect(budget.wait(500)).toBe(0);
  budget.spent(500);
  now = 59_999;
  expect(budget.wait(500)).toBe(1);
  now = 60_000;
  expect(budget.wait(500)).toBe(0);
});

it('counts once what several attempts hold others up for at the same time', () => {
  let now = 1_000;
  const budget = createStallBudget(1_000, () => now);
  for (let job = 0; job < 16; job++) budget.spent(200);
  now = 1_100;
  for (let job = 0; job < 16; job++) budget.spent(200);
  expect(budget.wait(700)).toBe(0);
  // From 0.8 s to 1.1 s.
  expect(budget.wait(800)).toBe(800 + 100 + 60_000 - now);
});
