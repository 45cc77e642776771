import { afterEach, describe, expect, test } from 'vitest';

import { callAws, translateAwsError } from '../../activities/aws-errors.js';
import { ReleaseError } from '../../domain/failure.js';
import { clientsAt, startLocalServer } from '../contract/local-server.js';

const stops: (() => void)[] = [];

afterEach(() => {
  for (const stop of stops.splice(0)) stop();
});

/** What `callAws` throws when ECS's endpoint gives this answer to everything. */
async function failureOf(answer: { status: number; contentType: string; body: string }): Promise<unknown> {
  const server = await startLocalServer((request, response) => {
    request.resume().on('end', () => {
      response.writeHead(answer.status, { 'content-type': answer.contentType }).end(answer.body);
    });
  });
  stops.push(() => server.close());
  return callEcsAt(server.url);
}

async function callEcsAt(endpoint: string): Promise<unknown> {
  const { ecs } = clientsAt(endpoint, { maxAttempts: 1 });
  stops.push(() => ecs.destroy());
  return callAws('list clusters', () => ecs.listClusters({})).then(
    () => 'no failure',
    (error: unknown) => error,
  );
}

function json(status: number, type: string) {
  return {
    status,
    contentType: 'application/x-amz-json-1.1',
    body: JSON.stringify({ __type: type, message: 'Words' }),
  };
}

describe('translateAwsError', () => {
  test.each([
    ['a throttle', json(400, 'ThrottlingException'), 'aws-throttled'],
    ['a throttle told by its status alone', json(429, 'SomethingNew'), 'aws-throttled'],
    ['an internal error', json(500, 'ServerException'), 'aws-unreachable'],
    ['a gateway that is down', { status: 503, contentType: 'text/html', body: '<h1>busy</h1>' }, 'aws-unreachable'],
    [
      'an answer that is not to be read',
      { status: 200, contentType: 'text/html', body: '<p>hi</p>' },
      'aws-unreachable',
    ],
    ['a missing permission', json(400, 'AccessDeniedException'), 'aws-refused'],
    ['credentials that have run out', json(400, 'ExpiredTokenException'), 'aws-credentials'],
    ['credentials of another clock', json(403, 'InvalidSignatureException'), 'aws-credentials'],
    ['a wrong parameter', json(400, 'InvalidParameterException'), 'aws-refused'],
    ['a full quota, which waiting does not mend', json(400, 'LimitExceededException'), 'aws-refused'],
  ])('names %s', async (_, answer, code) => {
    expect(await failureOf(answer)).toMatchObject({ name: 'ReleaseError', code });
  });

  test('names a connection that is refused', async () => {
    expect(await callEcsAt('http://127.0.0.1:1')).toMatchObject({ code: 'aws-unreachable' });
  });

  test('names credentials that cannot be found', () => {
    const error = Object.assign(new Error('Could not load credentials'), { name: 'CredentialsProviderError' });
    expect(translateAwsError(error, 'list clusters')).toMatchObject({ code: 'aws-credentials' });
  });

  test('says what was being done, what AWS said, and keeps the cause', async () => {
    const failure = await failureOf(json(400, 'ClusterNotFoundException'));
    expect(failure).toMatchObject({
      message: 'could not list clusters: AWS answered 400: ClusterNotFoundException: Words',
      cause: { name: 'ClusterNotFoundException' },
    });
  });

  test('leaves a ReleaseError as it is', () => {
    const error = new ReleaseError('traffic-drift', 'words');
    expect(translateAwsError(error, 'read the rule')).toBe(error);
  });

  test('does not take a defect of ours for a failure of AWS', () => {
    const defect = new TypeError('undefined is not a function');
    expect(() => translateAwsError(defect, 'read the rule')).toThrow(defect);
  });
});
