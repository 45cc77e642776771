import { z } from 'zod';
import { found, quote } from './manifest-problem.js';

const what = 'an image by digest, name@sha256:<64 hex digits>';
/** The only colon before the digest is that of the registry's port. */
const byDigest = /^(?:[a-z0-9][a-z0-9.-]*:\d{1,5}\/)?[a-z0-9][a-z0-9._/-]*@sha256:[0-9a-f]{64}$/;

/** An image by digest: what was tested is what runs. */
export const image = z
  .string({ error: ({ input }) => refuse(input) })
  .regex(byDigest, { error: ({ input }) => refuse(input) })
  .meta({ bounds: what });

function refuse(input: unknown): string {
  const [reference = '', digest] = typeof input === 'string' ? input.split('@') : [];
  const tag = /:([^/:]+)$/.exec(reference)?.[1];
  if (tag === undefined) return `expected ${what}, ${found(input)}`;
  if (digest !== undefined) return `expected ${what}, found the tag ${quote(tag)} beside it: leave the tag out`;
  return `expected ${what}, found the tag ${quote(tag)}: a tag can be moved to another image after it was tested; take the digest from the registry`;
}
