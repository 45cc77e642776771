import type { AssumeRoleRequest, AssumeRoleResponse } from '@aws-sdk/client-sts';
import { hexId } from '../account.js';
import { AwsError } from '../aws-error.js';
import type { AwsService } from '../wire/dispatch.js';
import type { StsStore } from './store.js';

const defaultSeconds = 3_600;

export function stsService(store: StsStore): AwsService<StsStore> {
  return { store, reads: {}, writes: { AssumeRole: (input: AssumeRoleRequest) => assumeRole(store, input) } };
}

function assumeRole(store: StsStore, input: AssumeRoleRequest): AssumeRoleResponse {
  const { RoleArn: roleArn = '', RoleSessionName = '', ExternalId, DurationSeconds = defaultSeconds } = input;
  if (!/^arn:aws:iam::\d{12}:role\/\S+$/.test(roleArn)) {
    throw new AwsError('ValidationError', `${roleArn} is invalid`);
  }
  const expected = store.externalIds.get(roleArn);
  if (expected !== undefined && expected !== ExternalId) {
    const message = `User is not authorized to perform: sts:AssumeRole on resource: ${roleArn}`;
    throw new AwsError('AccessDenied', message, 403);
  }
  const AccessKeyId = `ASIA${hexId(16).toUpperCase()}`;
  const expiresAt = Date.now() + DurationSeconds * 1_000;
  const token = hexId(64);
  store.sessions.set(AccessKeyId, { roleArn, token, expiresAt });
  const assumed = roleArn.replace(':iam:', ':sts:').replace(':role/', ':assumed-role/');
  return {
    Credentials: {
      AccessKeyId,
      SecretAccessKey: hexId(40),
      SessionToken: token,
      Expiration: new Date(expiresAt),
    },
    AssumedRoleUser: { Arn: `${assumed}/${RoleSessionName}`, AssumedRoleId: `AROA:${RoleSessionName}` },
  };
}
