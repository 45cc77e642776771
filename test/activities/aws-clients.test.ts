import type { RequestListener } from 'node:http';
import { type AddressInfo, createServer } from 'node:net';

import { afterEach, describe, expect, test } from 'vitest';

import { callAws } from '../../activities/aws-errors.js';
import { clientsAt, startLocalServer } from '../contract/local-server.js';

const stops: (() => void)[] = [];

afterEach(() => {
  for (const stop of stops.splice(0)) stop();
});

/** A server that stands for AWS on a bad day, and clients of it. */
async function clientsOf(listener: RequestListener) {
  const server = await startLocalServer(listener);
  stops.push(() => server.close());
  return clientsAt(server.url, { requestTimeoutMs: 200 });
}

describe('createAwsClients', () => {
  test('gives up on a server that never answers within the time of its attempts', async () => {
    let requests = 0;
    const { elb } = await clientsOf(() => {
      requests += 1;
    });
    await expect(callAws('read the rules', () => elb.describeRules({}))).rejects.toMatchObject({
      code: 'aws-unreachable',
      message: expect.stringContaining('could not read the rules: no answer from AWS: TimeoutError') as string,
    });
    expect(requests).toBe(2);
  });

  test('gives up on a server that is never silent and never done with its headers', async () => {
    const server = createServer((socket) => {
      socket.on('error', () => undefined).write('HTTP/1.1 200 OK\r\nx-slow: ');
      const drip = setInterval(() => socket.write('.'), 20);
      socket.on('close', () => clearInterval(drip));
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    stops.push(() => server.close());
    const { elb } = clientsAt(`http://127.0.0.1:${(server.address() as AddressInfo).port}`, { requestTimeoutMs: 200 });
    await expect(callAws('read the rules', () => elb.describeRules({}))).rejects.toMatchObject({
      code: 'aws-unreachable',
    });
  });

  test('gives up on an answer that stops in the middle of its body', async () => {
    const { elb } = await clientsOf((_, response) => {
      response.writeHead(200, { 'content-type': 'text/xml' });
      response.write('<DescribeRulesResponse>');
    });
    await expect(callAws('read the rules', () => elb.describeRules({}))).rejects.toMatchObject({
      code: 'aws-unreachable',
    });
  });

  test('does not repeat a call of ECS whose answer never came, since it may have taken effect', async () => {
    let requests = 0;
    const { ecs } = await clientsOf((request) => {
      requests += 1;
      request.socket.destroy();
    });
    await expect(
      callAws('register', () => ecs.registerTaskDefinition({ family: 'shop', containerDefinitions: [] })),
    ).rejects.toMatchObject({
      code: 'aws-unreachable',
    });
    expect(requests).toBe(1);
  });

  test('repeats a throttled call of ECS until its attempts are used up', async () => {
    let requests = 0;
    const { ecs } = await clientsOf((_, response) => {
      requests += 1;
      response.writeHead(400, { 'content-type': 'application/x-amz-json-1.1', 'x-amzn-requestid': 'r-1' });
      response.end('{"__type":"ThrottlingException","message":"Rate exceeded"}');
    });
    await expect(callAws('list clusters', () => ecs.listClusters({}))).rejects.toMatchObject({
      code: 'aws-throttled',
      message:
        'could not list clusters: AWS answered 400: ThrottlingException: Rate exceeded (request id r-1, 2 attempts)',
    });
    expect(requests).toBe(2);
  });

  test('keeps its connection for the next call', async () => {
    const ports = new Set<number | undefined>();
    const { ecs } = await clientsOf((request, response) => {
      ports.add(request.socket.remotePort);
      request.resume().on('end', () => {
        response.writeHead(200, { 'content-type': 'application/x-amz-json-1.1' }).end('{"clusterArns":[]}');
      });
    });
    await ecs.listClusters({});
    await ecs.listClusters({});
    expect(ports.size).toBe(1);
  });
});
