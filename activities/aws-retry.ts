import type { ECSClientConfig } from '@aws-sdk/client-ecs';

type RetryStrategy = Extract<
  NonNullable<ECSClientConfig['retryStrategy']>,
  { acquireInitialRetryToken: (...args: never[]) => unknown }
>;
type RetryToken = Awaited<ReturnType<RetryStrategy['acquireInitialRetryToken']>>;

/**
 * Repeats only what was throttled, which certainly did nothing. An answer that never came may stand for an effect, and
 * RegisterTaskDefinition has no token that would make a blind repeat the same effect: there the caller looks first.
 */
export function retryThrottledOnly({ maxAttempts }: { readonly maxAttempts: number }): RetryStrategy {
  return {
    acquireInitialRetryToken: () => Promise.resolve(tokenAfter(0)),
    refreshRetryTokenForRetry: (token, { errorType }) => {
      const retries = token.getRetryCount() + 1;
      return errorType === 'THROTTLING' && retries < maxAttempts
        ? Promise.resolve(tokenAfter(retries))
        : Promise.reject(new Error('no further attempt'));
    },
    recordSuccess: () => undefined,
  };
}

/** The SDK's own pace for throttles: a random part of 1 s, 2 s, 4 s … */
function tokenAfter(retries: number): RetryToken {
  const delay = retries === 0 ? 0 : Math.random() * 1_000 * 2 ** (retries - 1);
  return { getRetryCount: () => retries, getRetryDelay: () => delay };
}
