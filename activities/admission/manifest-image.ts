import { z } from 'zod';
import { expected, found } from './manifest-problem.js';

/** An image by digest: what was tested is what runs. */
export const image = z.string(expected('an image by digest, name@sha256:<64 hex digits>')).superRefine((value, ctx) => {
  const message = imageProblem(value);
  if (message !== undefined) ctx.addIssue({ code: 'custom', message });
});

function imageProblem(value: string): string | undefined {
  const [reference = '', digest, ...rest] = value.split('@');
  const tag = /:([^/:]+)$/.exec(reference)?.[1];
  const byDigest = 'expected an image by digest, name@sha256:<64 hex digits>';
  if (digest === undefined && tag !== undefined) {
    return `${byDigest}, found the tag ${JSON.stringify(tag)}: a tag can be moved to another image after it was tested; take the digest from the registry`;
  }
  if (tag !== undefined) return `${byDigest}, found the tag ${JSON.stringify(tag)} beside it: leave the tag out`;
  const good = /^[a-z0-9][a-z0-9._/:-]*$/.test(reference) && /^sha256:[0-9a-f]{64}$/.test(digest ?? '');
  return good && rest.length === 0 ? undefined : `${byDigest}, ${found(value)}`;
}
