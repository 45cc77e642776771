import {
  CreateServiceCommand,
  DeleteServiceCommand,
  DescribeClustersCommand,
  DescribeServicesCommand,
  ListServicesCommand,
  ListTagsForResourceCommand,
  TagResourceCommand,
  UpdateServiceCommand,
} from '@aws-sdk/client-ecs';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type Account, openAccount } from '../support/account.js';
import { type BlueGreen, createGroup, openBlueGreen } from '../support/blue-green.js';
import { until } from '../support/until.js';

let account: Account;
let shop: BlueGreen;
let taskDefinition: string;
beforeAll(async () => {
  account = await openAccount();
  shop = await openBlueGreen(account);
  taskDefinition = await shop.taskDefinition('blue');
});
afterAll(() => account.close());

async function create(more: object): Promise<string | undefined> {
  const { service } = await account.ecs.send(
    new CreateServiceCommand({
      cluster: 'test',
      serviceName: 'refused',
      taskDefinition,
      desiredCount: 0,
      networkConfiguration: { awsvpcConfiguration: { subnets: ['subnet-1'] } },
      ...more,
    }),
  );
  return service?.serviceArn;
}

test('answers the same service to the same token, and refuses its name to another', async () => {
  const first = await create({ serviceName: 'once', clientToken: 'token-1' });
  expect(await create({ serviceName: 'once', clientToken: 'token-1' })).toBe(first);
  const notIdempotent = { name: 'InvalidParameterException', message: 'Creation of service was not idempotent.' };
  await expect(create({ serviceName: 'once', clientToken: 'token-2' })).rejects.toMatchObject(notIdempotent);
  await expect(create({ serviceName: 'once' })).rejects.toMatchObject(notIdempotent);
  await expect(create({ serviceName: 'twice', clientToken: 'token-1' })).rejects.toMatchObject(notIdempotent);
});

describe('refuses to create a service', () => {
  const group = (targetGroupArn: string, containerName = 'app', containerPort = 8080) => ({
    loadBalancers: [{ targetGroupArn, containerName, containerPort }],
  });

  test('whose target group has no load balancer', async () => {
    const loose = await createGroup(account, 'loose');
    await expect(create(group(loose))).rejects.toMatchObject({
      name: 'InvalidParameterException',
      message: `The target group with targetGroupArn ${loose} does not have an associated load balancer.`,
    });
  });

  test.each([
    ['with a token of more than 36 characters', () => ({ clientToken: 'x'.repeat(37) }), 'InvalidParameterException'],
    ['in a cluster that is not there', () => ({ cluster: 'none' }), 'ClusterNotFoundException'],
    ['of a task definition that is not there', () => ({ taskDefinition: 'none:1' }), 'ClientException'],
    ['without the network awsvpc asks for', () => ({ networkConfiguration: undefined }), 'InvalidParameterException'],
    ['for a container it does not have', () => group(shop.groups.blue, 'other'), 'InvalidParameterException'],
    ['for a port the container does not have', () => group(shop.groups.blue, 'app', 1), 'InvalidParameterException'],
  ])('%s', async (_what, more, name) => {
    await expect(create(more())).rejects.toMatchObject({ name });
  });
});

test('describes at most ten services, and those that are missing as failures', async () => {
  const describe = (services: string[]) =>
    account.ecs.send(new DescribeServicesCommand({ cluster: 'test', services, include: ['TAGS'] }));
  await create({ serviceName: 'there', tags: [{ key: 'a', value: '1' }] });
  const { services = [], failures = [] } = await describe(['there', 'not-there']);
  expect(services).toMatchObject([{ serviceName: 'there', status: 'ACTIVE', tags: [{ key: 'a', value: '1' }] }]);
  expect(services[0]?.createdAt).toBeInstanceOf(Date);
  expect(failures).toEqual([{ arn: expect.stringMatching(/:service\/test\/not-there$/), reason: 'MISSING' }]);
  const eleven = Array.from({ length: 11 }, (_, at) => `s${at}`);
  await expect(describe(eleven)).rejects.toMatchObject({ name: 'InvalidParameterException' });
});

test('refuses to update a service that is not there', async () => {
  const update = new UpdateServiceCommand({ cluster: 'test', service: 'none', desiredCount: 1 });
  await expect(account.ecs.send(update)).rejects.toMatchObject({ name: 'ServiceNotFoundException' });
});

test('deletes a service only when it is scaled to nothing, and lets its name be used again', async () => {
  await create({ serviceName: 'gone', desiredCount: 1 });
  const remove = () => account.ecs.send(new DeleteServiceCommand({ cluster: 'test', service: 'gone' }));
  await expect(remove()).rejects.toMatchObject({ name: 'InvalidParameterException' });
  await account.ecs.send(new UpdateServiceCommand({ cluster: 'test', service: 'gone', desiredCount: 0 }));
  await remove();
  await until('the service is inactive', async () => (await account.service('gone')).status === 'INACTIVE');
  const { serviceArns } = await account.ecs.send(new ListServicesCommand({ cluster: 'test' }));
  expect(serviceArns?.join()).not.toContain('service/test/gone');
  expect(await create({ serviceName: 'gone' })).toMatch(/service\/test\/gone$/);
});

test('keeps the tags of a service', async () => {
  const resourceArn = await create({ serviceName: 'tagged', tags: [{ key: 'a', value: '1' }] });
  await account.ecs.send(new TagResourceCommand({ resourceArn, tags: [{ key: 'a', value: '2' }] }));
  const { tags } = await account.ecs.send(new ListTagsForResourceCommand({ resourceArn }));
  expect(tags).toEqual([{ key: 'a', value: '2' }]);
});

test('counts what a cluster has', async () => {
  const { clusters = [], failures = [] } = await account.ecs.send(
    new DescribeClustersCommand({ clusters: ['test', 'none'] }),
  );
  expect(clusters).toMatchObject([{ clusterName: 'test', status: 'ACTIVE' }]);
  expect(failures).toMatchObject([{ reason: 'MISSING' }]);
});
