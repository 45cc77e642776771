import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { Deployment, Task } from '../../../../embedded/aws/ecs/store.js';
import { planTasks } from '../../../../embedded/aws/ecs/task-plan.js';

const primary = { id: 'new', rolloutState: 'IN_PROGRESS', nextStartAt: 0 } as Deployment;
const isHealthy = ({ lastStatus }: Task) => lastStatus === 'RUNNING';

function tasks(deploymentId: string, healthy: number, pending: number): Task[] {
  return Array.from(
    { length: healthy + pending },
    (_, at) => ({ deploymentId, lastStatus: at < healthy ? 'RUNNING' : 'PENDING' }) as Task,
  );
}

const counts = fc.record({
  desiredCount: fc.integer({ min: 0, max: 8 }),
  minimum: fc.integer({ min: 0, max: 100 }),
  maximum: fc.integer({ min: 100, max: 300 }),
  newHealthy: fc.integer({ min: 0, max: 8 }),
  newPending: fc.integer({ min: 0, max: 4 }),
  oldHealthy: fc.integer({ min: 0, max: 8 }),
  oldPending: fc.integer({ min: 0, max: 4 }),
});

test('never goes above the maximum percent by starting nor below the minimum healthy percent by stopping', () => {
  fc.assert(
    fc.property(counts, (given) => {
      const { desiredCount, minimum, maximum } = given;
      const live = [
        ...tasks('new', given.newHealthy, given.newPending),
        ...tasks('old', given.oldHealthy, given.oldPending),
      ];
      const configuration = { minimumHealthyPercent: minimum, maximumPercent: maximum };
      const { start, stop } = planTasks({ desiredCount, configuration, primary, live, isHealthy, now: 1 });
      if (start > 0) expect(live.length + start).toBeLessThanOrEqual(Math.floor((desiredCount * maximum) / 100));
      const healthyBefore = live.filter(isHealthy).length;
      const healthyAfter = live.filter((task) => isHealthy(task) && !stop.includes(task)).length;
      const least = Math.ceil((desiredCount * minimum) / 100);
      if (healthyAfter < healthyBefore) expect(healthyAfter).toBeGreaterThanOrEqual(least);
    }),
  );
});

test('starts nothing during the pause after a failure, nor for a deployment that failed', () => {
  const plan = (deployment: Partial<Deployment>) =>
    planTasks({
      desiredCount: 2,
      configuration: {},
      primary: { ...primary, ...deployment },
      live: [],
      isHealthy,
      now: 1,
    }).start;
  expect(plan({})).toBe(2);
  expect(plan({ nextStartAt: 2 })).toBe(0);
  expect(plan({ rolloutState: 'FAILED' })).toBe(0);
});
