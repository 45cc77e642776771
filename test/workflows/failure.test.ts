import { ActivityFailure, ApplicationFailure, RetryState, TimeoutFailure, TimeoutType } from '@temporalio/common';
import { describe, expect, it } from 'vitest';
import { nobodyLooked, toFailure } from '../../workflows/failure.js';
import { tuneFailed } from '../../workflows/tune.js';

const refused = ApplicationFailure.create({ type: 'database-refused', message: 'no such role' });
const heartbeat = new TimeoutFailure('activity Heartbeat timeout', undefined, TimeoutType.HEARTBEAT);

function timedOut(cause?: Error): ActivityFailure {
  const expired = new TimeoutFailure('activity ScheduleToClose timeout', undefined, TimeoutType.SCHEDULE_TO_CLOSE);
  const timeout = Object.assign(expired, { cause });
  return new ActivityFailure('activity failed', 'awaitRetired', '7', RetryState.TIMEOUT, undefined, timeout);
}

describe('an activity whose time was out', () => {
  it('failed for what its last attempt failed with', () => {
    expect(toFailure(timedOut(refused))).toEqual({ code: 'database-refused', message: 'no such role' });
    expect(nobodyLooked(timedOut(refused))).toBe(false);
  });

  it.each([
    ['there was no worker at all', undefined],
    ['every worker died at it', heartbeat],
  ])('has seen nothing when %s', (_why, cause) => {
    expect(nobodyLooked(timedOut(cause))).toBe(true);
  });
});

it('does not take an activity that said why it failed for one that nobody looked at', () => {
  const failed = new ActivityFailure('activity failed', 'awaitRetired', '7', RetryState.TIMEOUT, undefined, refused);
  expect(nobodyLooked(failed)).toBe(false);
});

it('is not called refused by an order to a backfill when it may have been written', () => {
  expect(tuneFailed(timedOut())).toEqual({
    words: ': nobody knows whether it is in force',
    type: 'tune-unanswered',
  });
  const failedWith = (cause: ApplicationFailure) =>
    new ActivityFailure('activity failed', 'tune', '7', RetryState.TIMEOUT, undefined, cause);
  const lost = ApplicationFailure.create({ type: 'database-unreachable', message: 'Connection terminated' });
  expect(tuneFailed(failedWith(lost))).toEqual({
    words: ': nobody knows whether it is in force',
    type: 'tune-unanswered',
  });
  expect(tuneFailed(failedWith(refused))).toEqual({ words: ' refused', type: 'database-refused' });
});
