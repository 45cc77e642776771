import { type FailureCode, ReleaseError, isReleaseError } from '../domain/failure.js';

/** Error names and codes whose HTTP status says too little: throttles come as 400, and no answer has no status at all. */
const failureOf: Readonly<Record<string, FailureCode>> = {
  EC2ThrottledException: 'aws-throttled',
  RequestLimitExceeded: 'aws-throttled',
  RequestThrottled: 'aws-throttled',
  RequestThrottledException: 'aws-throttled',
  SlowDown: 'aws-throttled',
  ThrottledException: 'aws-throttled',
  Throttling: 'aws-throttled',
  ThrottlingException: 'aws-throttled',
  TooManyRequestsException: 'aws-throttled',

  TimeoutError: 'aws-unreachable',
  RequestTimeout: 'aws-unreachable',
  RequestTimeoutException: 'aws-unreachable',
  ECONNREFUSED: 'aws-unreachable',
  ECONNRESET: 'aws-unreachable',
  EPIPE: 'aws-unreachable',
  ETIMEDOUT: 'aws-unreachable',
  ENOTFOUND: 'aws-unreachable',
  EAI_AGAIN: 'aws-unreachable',
  EHOSTUNREACH: 'aws-unreachable',
  ENETUNREACH: 'aws-unreachable',

  // They run out and are renewed while a release is on its way: nothing is wrong with what was asked.
  AuthFailure: 'aws-credentials',
  CredentialsProviderError: 'aws-credentials',
  ExpiredToken: 'aws-credentials',
  ExpiredTokenException: 'aws-credentials',
  InvalidClientTokenId: 'aws-credentials',
  InvalidSignatureException: 'aws-credentials',
  MissingAuthenticationToken: 'aws-credentials',
  MissingAuthenticationTokenException: 'aws-credentials',
  RequestExpired: 'aws-credentials',
  SignatureDoesNotMatch: 'aws-credentials',
  TokenProviderError: 'aws-credentials',
  UnrecognizedClientException: 'aws-credentials',
};

/** What the SDK hangs on the errors it throws. */
interface SdkError extends Error {
  readonly code?: unknown;
  readonly $metadata?: { readonly httpStatusCode?: number; readonly requestId?: string; readonly attempts?: number };
}

/**
 * Runs a call of AWS. `doing` is what it is for, in the infinitive: `read rule arn:…`.
 * Throws ReleaseErrors `aws-throttled`, `aws-unreachable` (it may have taken effect), `aws-credentials` and `aws-refused`.
 */
export async function callAws<Answer>(doing: string, call: () => Promise<Answer>): Promise<Answer> {
  try {
    return await call();
  } catch (error) {
    throw translateAwsError(error, doing);
  }
}

/** Names AWS's error in our words. An error that is not AWS's, a defect of ours, is thrown as it is. */
export function translateAwsError(error: unknown, doing: string): ReleaseError {
  if (isReleaseError(error)) return error;
  if (!(error instanceof Error)) throw error;
  const failure = classify(error);
  if (failure === undefined) throw error;
  return new ReleaseError(failure, describe(error, doing), { cause: error });
}

function classify(error: SdkError): FailureCode | undefined {
  const named = failureOf[error.name] ?? (typeof error.code === 'string' ? failureOf[error.code] : undefined);
  if (named !== undefined) return named;
  if (error.$metadata === undefined) return undefined;
  const status = error.$metadata.httpStatusCode;
  if (status === 429) return 'aws-throttled';
  return status !== undefined && status >= 400 && status < 500 ? 'aws-refused' : 'aws-unreachable';
}

function describe(error: SdkError, doing: string): string {
  const { httpStatusCode, requestId, attempts } = error.$metadata ?? {};
  const said = httpStatusCode === undefined ? 'no answer from AWS' : `AWS answered ${httpStatusCode}`;
  const details = [
    ...(requestId === undefined ? [] : [`request id ${requestId}`]),
    ...(attempts === undefined || attempts < 2 ? [] : [`${attempts} attempts`]),
  ];
  const trail = details.length === 0 ? '' : ` (${details.join(', ')})`;
  const [firstLine = ''] = error.message.split('\n');
  return `could not ${doing}: ${said}: ${error.name}: ${firstLine}${trail}`;
}
