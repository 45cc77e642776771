import type { ECSClientConfig } from '@aws-sdk/client-ecs';
import { STS, type STSClientConfig } from '@aws-sdk/client-sts';
import { ReleaseError } from '../domain/failure.js';
import { callAws } from './aws-errors.js';

type Credentials = Extract<NonNullable<ECSClientConfig['credentials']>, (...args: never[]) => unknown>;

/** Credentials of a role, taken with `own` configuration and credentials; the SDK's clients ask again before they run out. */
export function assumeRole(
  own: STSClientConfig,
  role: { readonly roleArn: string; readonly externalId?: string },
): Credentials {
  const sts = new STS(own);
  const { roleArn, externalId } = role;
  return async () => {
    const { Credentials: taken } = await callAws(`take on role ${roleArn}`, () =>
      sts.assumeRole({
        RoleArn: roleArn,
        RoleSessionName: 'sluice',
        ...(externalId === undefined ? {} : { ExternalId: externalId }),
      }),
    );
    if (taken?.AccessKeyId === undefined || taken.SecretAccessKey === undefined || taken.SessionToken === undefined) {
      throw new ReleaseError('aws-unreachable', `AWS let us take on role ${roleArn} and answered no credentials`);
    }
    return {
      accessKeyId: taken.AccessKeyId,
      secretAccessKey: taken.SecretAccessKey,
      sessionToken: taken.SessionToken,
      ...(taken.Expiration === undefined ? {} : { expiration: taken.Expiration }),
    };
  };
}
