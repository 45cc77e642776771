import {
  DeregisterTaskDefinitionCommand,
  DescribeTaskDefinitionCommand,
  ListTaskDefinitionsCommand,
  type ListTaskDefinitionsCommandInput,
  RegisterTaskDefinitionCommand,
} from '@aws-sdk/client-ecs';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type Account, openAccount } from '../support/account.js';

let account: Account;
beforeAll(async () => {
  account = await openAccount();
});
afterAll(() => account.close());

async function register(family: string, release?: string): Promise<string> {
  const { taskDefinition } = await account.ecs.send(
    new RegisterTaskDefinitionCommand({
      family,
      containerDefinitions: [{ name: 'app', image: 'app@sha256:0' }],
      ...(release === undefined ? {} : { tags: [{ key: 'release', value: release }] }),
    }),
  );
  return taskDefinition?.taskDefinitionArn ?? '';
}

async function list(input: ListTaskDefinitionsCommandInput): Promise<string[]> {
  const { taskDefinitionArns = [] } = await account.ecs.send(new ListTaskDefinitionsCommand(input));
  return taskDefinitionArns.map((arn) => arn.split('/')[1] ?? '');
}

test('makes another revision with each registration and tells its tags when asked', async () => {
  await register('tagged', 'shop-1');
  const second = await register('tagged', 'shop-2');
  expect(second).toMatch(/task-definition\/tagged:2$/);
  const { taskDefinition, tags } = await account.ecs.send(
    new DescribeTaskDefinitionCommand({ taskDefinition: 'tagged', include: ['TAGS'] }),
  );
  expect(taskDefinition).toMatchObject({ family: 'tagged', revision: 2, status: 'ACTIVE' });
  expect(tags).toEqual([{ key: 'release', value: 'shop-2' }]);
  const untagged = await account.ecs.send(new DescribeTaskDefinitionCommand({ taskDefinition: second }));
  expect(untagged.tags).toBeUndefined();
});

test('lists the revisions of a family in either order and in pages', async () => {
  for (let revision = 1; revision <= 12; revision += 1) await register('listed');
  await register('listed-too');
  expect((await list({ familyPrefix: 'listed' }))[0]).toBe('listed:1');
  expect(await list({ familyPrefix: 'listed', sort: 'DESC', maxResults: 2 })).toEqual(['listed:12', 'listed:11']);
  const page = await account.ecs.send(new ListTaskDefinitionsCommand({ familyPrefix: 'listed', maxResults: 10 }));
  expect(page.taskDefinitionArns).toHaveLength(10);
  expect(await list({ familyPrefix: 'listed', nextToken: page.nextToken })).toEqual(['listed:11', 'listed:12']);
});

test('lists a deregistered revision as inactive only', async () => {
  const taskDefinition = await register('left');
  await account.ecs.send(new DeregisterTaskDefinitionCommand({ taskDefinition }));
  expect(await list({ familyPrefix: 'left' })).toEqual([]);
  expect(await list({ familyPrefix: 'left', status: 'INACTIVE' })).toEqual(['left:1']);
});

test('refuses to describe what is not there', async () => {
  const question = new DescribeTaskDefinitionCommand({ taskDefinition: 'none' });
  await expect(account.ecs.send(question)).rejects.toMatchObject({ name: 'ClientException' });
});
