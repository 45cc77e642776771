import { expect, it } from 'vitest';
import { tryPermissions } from '../../../activities/inspection/aws-permissions.js';

/** What the SDK throws: an answer of AWS, or none at all. */
function sdkError(name: string, message: string, status?: number): Error {
  const metadata = status === undefined ? {} : { $metadata: { httpStatusCode: status } };
  return Object.assign(new Error(message), { name, ...metadata });
}

/** AWS, where every call ends the same way. */
async function outcomesWhen(error: Error | undefined): Promise<ReadonlySet<string>> {
  const call = () => (error === undefined ? Promise.resolve({}) : Promise.reject(error));
  const client = new Proxy({}, { get: () => call }) as never;
  const found = await tryPermissions({ ecs: client, elb: client, cloudwatch: client });
  return new Set(found.map(({ outcome }) => outcome));
}

it.each([
  ['an answer', undefined, 'allowed'],
  [
    'a refusal as invalid',
    sdkError('InvalidParameterException', 'desiredCount should not be negative', 400),
    'allowed',
  ],
  ['a refusal as forbidden', sdkError('AccessDeniedException', 'User is not authorized', 400), 'denied'],
  ['a refusal as forbidden, by its status', sdkError('Strange', 'no', 403), 'denied'],
  ['credentials that have run out', sdkError('ExpiredTokenException', 'The security token is expired', 400), 'unknown'],
  ['credentials AWS does not know', sdkError('InvalidClientTokenId', 'The token is invalid', 403), 'unknown'],
  ['no credentials', sdkError('CredentialsProviderError', 'Could not load credentials from any providers'), 'unknown'],
  ['a throttle', sdkError('ThrottlingException', 'Rate exceeded', 400), 'unknown'],
  ['no answer', sdkError('TimeoutError', 'socket hang up'), 'unknown'],
])('takes %s for what it says', async (_what, error, outcome) => {
  expect(await outcomesWhen(error)).toEqual(new Set([outcome]));
});

it('asks again where one answer was lost', async () => {
  const actions = 3;
  let calls = 0;
  const call = () =>
    ++calls <= actions ? Promise.reject(sdkError('ECONNRESET', 'socket hang up')) : Promise.resolve({});
  const client = new Proxy({}, { get: () => call }) as never;
  const found = await tryPermissions({ ecs: client, elb: client, cloudwatch: client });
  expect(found.map(({ outcome }) => outcome)).toEqual(Array(actions).fill('allowed'));
});

it('is not silent about a defect of its own', async () => {
  await expect(outcomesWhen(new TypeError('undefined is not a function'))).rejects.toThrow(TypeError);
});
