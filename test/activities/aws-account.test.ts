import { CreateClusterCommand } from '@aws-sdk/client-ecs';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { createAwsAccounts } from '../../activities/aws-account.js';
import type { PlatformOf } from '../../activities/platform.js';
import { type Account, openAccount } from '../embedded/aws/support/account.js';

const roleArn = 'arn:aws:iam::123456789012:role/shop';
const service = { cluster: 'test', service: 'shop' };

let account: Account;
let platformOf: PlatformOf;
beforeAll(async () => {
  account = await openAccount();
  await account.ecs.send(new CreateClusterCommand({ clusterName: service.cluster }));
});
afterAll(() => account.close());
beforeEach(async () => {
  await account.admin('DELETE', '/_simulator/calls');
  const credentials = { accessKeyId: 'worker', secretAccessKey: 'worker' };
  const accountOf = createAwsAccounts({ region: 'eu-central-1', endpoint: account.endpoint, credentials });
  platformOf = (request) => accountOf(request).platform;
});

const calls = async () =>
  (await account.admin<Record<string, string>[]>('GET', '/_simulator/calls')).map(
    ({ operation, region, roleArn: role = 'the worker' }) => `${operation} in ${region} as ${role}`,
  );

describe('the platform of a lane', () => {
  it('is the worker’s own when the manifest names none', async () => {
    await platformOf({}).host.readService(service);
    expect(await calls()).toEqual(['DescribeServices in eu-central-1 as the worker']);
  });

  it('is in the region it names, with the worker’s own credentials', async () => {
    await platformOf({ aws: { region: 'eu-west-1' } }).host.readService(service);
    expect(await calls()).toEqual(['DescribeServices in eu-west-1 as the worker']);
  });

  it('is used as the role it names, which is taken on once', async () => {
    const lane = { aws: { region: 'eu-west-1', roleArn } };
    await platformOf(lane).host.readService(service);
    await platformOf({ ...lane }).host.readService(service);
    expect(await calls()).toEqual([
      'AssumeRole in eu-central-1 as the worker',
      `DescribeServices in eu-west-1 as ${roleArn}`,
      `DescribeServices in eu-west-1 as ${roleArn}`,
    ]);
  });

  it('is never another lane’s', async () => {
    const other = `${roleArn}-other`;
    await platformOf({ aws: { roleArn } }).host.readService(service);
    await platformOf({ aws: { roleArn: other } }).host.readService(service);
    await platformOf({}).host.readService(service);
    expect((await calls()).filter((call) => call.startsWith('Describe'))).toEqual([
      `DescribeServices in eu-central-1 as ${roleArn}`,
      `DescribeServices in eu-central-1 as ${other}`,
      'DescribeServices in eu-central-1 as the worker',
    ]);
  });

  it('is refused by name when its role may not be taken on', async () => {
    await account.admin('PUT', '/_simulator/external-ids', { [`${roleArn}-guarded`]: 'sesame' });
    const { host } = platformOf({ aws: { roleArn: `${roleArn}-guarded`, externalId: 'guess' } });
    await expect(host.readService(service)).rejects.toMatchObject({
      code: 'aws-refused',
      message: expect.stringMatching(/take on role .*-guarded.*AccessDenied/) as string,
    });
  });
});
