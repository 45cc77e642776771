import { ECSClient, ListClustersCommand } from '@aws-sdk/client-ecs';
import { AssumeRoleCommand, GetSessionTokenCommand, STSClient } from '@aws-sdk/client-sts';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type Account, openAccount } from '../support/account.js';

const roleArn = 'arn:aws:iam::123456789012:role/lane';

let account: Account;
let sts: STSClient;
beforeAll(async () => {
  account = await openAccount();
  const { credentials } = account.ecs.config;
  sts = new STSClient({ endpoint: account.endpoint, region: 'eu-central-1', credentials, maxAttempts: 1 });
});
afterAll(async () => {
  sts.destroy();
  await account.close();
});

async function listClustersAs(accessKeyId = '', secretAccessKey = '', sessionToken = '') {
  const credentials = { accessKeyId, secretAccessKey, sessionToken };
  const client = new ECSClient({ endpoint: account.endpoint, region: 'eu-west-1', credentials, maxAttempts: 1 });
  try {
    return await client.send(new ListClustersCommand({}));
  } finally {
    client.destroy();
  }
}

describe('AssumeRole', () => {
  test('gives credentials whose calls are seen as the role’s, with their Region', async () => {
    const assumed = await sts.send(new AssumeRoleCommand({ RoleArn: roleArn, RoleSessionName: 'test' }));
    expect(assumed.AssumedRoleUser?.Arn).toBe('arn:aws:sts::123456789012:assumed-role/lane/test');
    expect(assumed.Credentials?.Expiration?.getTime()).toBeGreaterThan(Date.now() + 3_500_000);
    const { AccessKeyId, SecretAccessKey, SessionToken } = assumed.Credentials ?? {};
    await account.admin('DELETE', '/_simulator/calls');
    await listClustersAs(AccessKeyId, SecretAccessKey, SessionToken);
    await account.ecs.send(new ListClustersCommand({}));
    const [asRole, asAnybody] = await account.admin<object[]>('GET', '/_simulator/calls');
    expect(asRole).toMatchObject({ operation: 'ListClusters', roleArn, region: 'eu-west-1' });
    expect(asAnybody).toMatchObject({ operation: 'ListClusters', region: 'us-east-1' });
    expect(asAnybody).not.toHaveProperty('roleArn');
  });

  test('asks for the external id of a role that has one', async () => {
    const guarded = `${roleArn}-guarded`;
    await account.admin('PUT', '/_simulator/external-ids', { [guarded]: 'sesame' });
    const assume = (ExternalId?: string) =>
      sts.send(new AssumeRoleCommand({ RoleArn: guarded, RoleSessionName: 'test', ExternalId }));
    await expect(assume()).rejects.toMatchObject({ name: 'AccessDenied' });
    await expect(assume('open')).rejects.toMatchObject({ name: 'AccessDenied' });
    await expect(assume('sesame')).resolves.toMatchObject({ Credentials: {} });
  });

  test('refuses temporary credentials that nobody was given', async () => {
    await expect(listClustersAs('ASIANOBODY', 'secret', 'token')).rejects.toMatchObject({
      name: 'UnrecognizedClientException',
    });
  });

  test('is all there is of STS', async () => {
    await expect(sts.send(new GetSessionTokenCommand({}))).rejects.toMatchObject({ name: 'InvalidAction' });
  });
});
