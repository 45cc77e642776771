import { AwsError } from '../aws-error.js';

export interface Page<T> {
  readonly items: T[];
  readonly nextToken?: string;
}

/** Cuts a list as AWS's List operations do; the token is the place to go on from. */
export function pageOf<T>(
  all: T[],
  input: { nextToken?: string | undefined; maxResults?: number | undefined },
): Page<T> {
  const size = input.maxResults ?? 100;
  if (!Number.isInteger(size) || size < 1 || size > 100) {
    throw new AwsError('InvalidParameterException', 'maxResults must be between 1 and 100.');
  }
  const start = input.nextToken === undefined ? 0 : Number(input.nextToken);
  if (!Number.isInteger(start) || start < 0) throw new AwsError('InvalidParameterException', 'Invalid nextToken.');
  const end = start + size;
  return { items: all.slice(start, end), ...(end < all.length ? { nextToken: String(end) } : {}) };
}
