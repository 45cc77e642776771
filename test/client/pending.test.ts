import type { WorkflowExecutionDescription } from '@temporalio/client';
import { defaultPayloadConverter } from '@temporalio/common';
import { expect, it } from 'vitest';
import { activityWords } from '../../client/activity-words.js';
import { describePending, pendingOf } from '../../client/pending.js';

function pendingWith(progress: unknown): string[] {
  const heartbeatDetails = { payloads: [defaultPayloadConverter.toPayload(progress)] };
  const raw = { pendingActivities: [{ activityType: { name: 'awaitContractEvidence' }, heartbeatDetails }] };
  return pendingOf({ raw } as unknown as WorkflowExecutionDescription).map(describePending);
}

it.each([
  ['in words', 'quiet for 12 ms', 'prove old version gone: quiet for 12 ms'],
  ['with what the next attempt goes on from', { detail: 'quiet', kept: { since: 1 } }, 'prove old version gone: quiet'],
  ['in no words', null, 'prove old version gone'],
])('tells what a step is at that says it %s', (_how, progress, told) => {
  expect(pendingWith(progress)).toEqual([told]);
});

it.each([
  ['a code', { message: 'slow down', applicationFailureInfo: { type: 'aws-throttled' } }, 'aws-throttled: slow down'],
  [
    'a worker that died',
    { message: 'activity Heartbeat timeout', timeoutFailureInfo: { timeoutType: 4 } },
    'its worker was not heard of any more',
  ],
  ['nothing but words', { message: 'no idea' }, 'no idea'],
])('tells why it is tried again: %s', (_what, lastFailure, told) => {
  const activity = { activityType: { name: 'shift' }, attempt: 2, lastFailure };
  const description = { raw: { pendingActivities: [activity] } } as unknown as WorkflowExecutionDescription;
  expect(pendingOf(description).map(describePending)).toEqual([`shift, attempt 2: ${told}`]);
});

it('tells the activity of a newer worker by its name', () => {
  expect(activityWords('awaitTheMoon')).toBe('awaitTheMoon');
});
