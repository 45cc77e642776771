import type { IncomingHttpHeaders } from 'node:http';
import { AwsError } from '../aws-error.js';
import type { StsStore } from './store.js';

/** As whom and where a call was made. */
export interface Caller {
  /** The Region it was signed for. */
  readonly region?: string;
  /** The role it was made as; absent for credentials that AssumeRole has not given, whatever they are. */
  readonly roleArn?: string;
}

/** Reads the signature's scope; the signature itself is not checked. Temporary credentials must be known and not expired. */
export function callerOf(headers: IncomingHttpHeaders, store: StsStore): Caller {
  const scope = /Credential=([^/,\s]+)\/\d+\/([^/]+)\//.exec(headers.authorization ?? '');
  if (scope === null) return {};
  const [, accessKeyId = '', region = ''] = scope;
  if (!accessKeyId.startsWith('ASIA')) return { region };
  const session = store.sessions.get(accessKeyId);
  if (session === undefined || session.token !== headers['x-amz-security-token']) {
    throw new AwsError('UnrecognizedClientException', 'The security token included in the request is invalid.', 403);
  }
  if (session.expiresAt < Date.now()) {
    throw new AwsError('ExpiredTokenException', 'The security token included in the request is expired', 403);
  }
  return { region, roleArn: session.roleArn };
}
