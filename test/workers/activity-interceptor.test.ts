import type { Context } from '@temporalio/activity';
import { DefaultFailureConverter, defaultPayloadConverter } from '@temporalio/common';
import { expect, it } from 'vitest';
import { ReleaseError } from '../../domain/failure.js';
import { activityInterceptor } from '../../workers/activity-interceptor.js';

it('tells Temporal the code, the message and the place of a failure, and not what caused it', async () => {
  const cause = new Error('invalid input syntax for type integer: "Jane Doe"');
  const failed = new ReleaseError('migration-failed', 'backfill/V1__x.sql:1: invalid input syntax', { cause });
  const { inbound } = activityInterceptor({ heartbeat() {} } as unknown as Context);
  const told: unknown = await inbound
    ?.execute?.({ args: [], headers: {} }, () => Promise.reject(failed))
    .catch((error: unknown) => error);
  const failure = new DefaultFailureConverter().errorToFailure(told, defaultPayloadConverter);
  expect(failure).toMatchObject({
    message: failed.message,
    stackTrace: expect.stringContaining('activity-interceptor.test') as string,
    applicationFailureInfo: { type: 'migration-failed', nonRetryable: true },
  });
  expect(JSON.stringify(failure)).not.toContain('Jane');
});
