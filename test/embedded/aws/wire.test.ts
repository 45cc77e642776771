import { ECSClient, ListAttributesCommand, ListClustersCommand } from '@aws-sdk/client-ecs';
import {
  CreateLoadBalancerCommand,
  DescribeSSLPoliciesCommand,
  DescribeTagsCommand,
} from '@aws-sdk/client-elastic-load-balancing-v2';
import { ListMetricsCommand } from '@aws-sdk/client-cloudwatch';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type Account, openAccount } from './support/account.js';

let account: Account;
beforeAll(async () => {
  account = await openAccount();
});
afterAll(() => account.close());

test('refuses an operation it does not have, in each protocol', async () => {
  const unknown = { name: 'UnknownOperationException' };
  await expect(account.ecs.send(new ListAttributesCommand({ targetType: 'container-instance' }))).rejects.toMatchObject(
    unknown,
  );
  await expect(account.cloudWatch.send(new ListMetricsCommand({}))).rejects.toMatchObject(unknown);
  await expect(account.elb.send(new DescribeSSLPoliciesCommand({}))).rejects.toMatchObject({ name: 'InvalidAction' });
});

test('carries any text through the form and the XML unharmed', async () => {
  const Tags = [{ Key: 'note', Value: `a & b < c > "d" 'e' ü + %20 \u{1f6a6}` }];
  const { LoadBalancers = [] } = await account.elb.send(new CreateLoadBalancerCommand({ Name: 'texts', Tags }));
  const ResourceArns = [LoadBalancers[0]?.LoadBalancerArn ?? ''];
  const { TagDescriptions = [] } = await account.elb.send(new DescribeTagsCommand({ ResourceArns }));
  expect(TagDescriptions[0]?.Tags).toEqual(Tags);
});

test('keeps a name that looks like a number a text', async () => {
  const { LoadBalancers = [] } = await account.elb.send(new CreateLoadBalancerCommand({ Name: '012' }));
  expect(LoadBalancers[0]?.LoadBalancerName).toBe('012');
});

test('refuses a body that is not JSON', async () => {
  const response = await fetch(account.endpoint, {
    method: 'POST',
    headers: { 'x-amz-target': 'AmazonEC2ContainerServiceV20141113.ListClusters' },
    body: 'not json',
  });
  expect(response.status).toBe(400);
  expect(await response.json()).toMatchObject({ __type: 'SerializationException' });
});

test('keeps an idle connection for longer than a client takes to use it again', async () => {
  const response = await fetch(`${account.endpoint}/metrics`);
  await response.text();
  expect(response.headers.get('keep-alive')).toBe('timeout=60');
});

test('tells who asks for a path that is not there what there is', async () => {
  await expect(account.admin('GET', '/_simulator/none')).rejects.toThrow(/404 .*PUT \/_simulator\/images/);
});

test('answers a client that retries by itself', async () => {
  await account.admin('POST', '/_simulator/faults', { operation: 'ListClusters', kind: 'throttle' });
  const { config } = account.ecs;
  const patient = new ECSClient({ endpoint: account.endpoint, region: 'us-east-1', credentials: config.credentials });
  await expect(patient.send(new ListClustersCommand({}))).resolves.toMatchObject({ clusterArns: [] });
  patient.destroy();
});
