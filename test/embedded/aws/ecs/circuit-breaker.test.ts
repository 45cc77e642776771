import { expect, test } from 'vitest';
import { failureThreshold } from '../../../../embedded/aws/ecs/circuit-breaker.js';

const breaker = { enable: true, rollback: true };

test.each([
  [1, 3],
  [25, 13],
  [400, 200],
  [800, 200],
])('tolerates by default, with %i tasks desired, fewer than %i failures', (desired, threshold) => {
  expect(failureThreshold(breaker, desired)).toBe(threshold);
});

test('takes a threshold of its own', () => {
  const own = (type: 'COUNT' | 'BOUNDED_PERCENT' | 'UNBOUNDED_PERCENT', value: number) =>
    failureThreshold({ ...breaker, thresholdConfiguration: { type, value } }, 10);
  expect(own('COUNT', 1)).toBe(1);
  expect(own('BOUNDED_PERCENT', 10)).toBe(3);
  expect(own('UNBOUNDED_PERCENT', 10)).toBe(1);
});
