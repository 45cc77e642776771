import { type Payload, type PayloadConverter, defaultPayloadConverter } from '@temporalio/common';
import { encode } from '@temporalio/common/lib/encoding.js';

/** The metadata of a payload whose value JSON would have changed: where in it, and how. */
export const unsafeMark = 'unsafe';

/** Converts as usual, inside the workflow sandbox, and marks what does not come out of JSON as it went in. */
export const payloadConverter: PayloadConverter = {
  toPayload(value): Payload {
    const payload = defaultPayloadConverter.toPayload(value);
    const problem = findUnsafe(value, '');
    return problem === undefined
      ? payload
      : { ...payload, metadata: { ...payload.metadata, [unsafeMark]: encode(problem) } };
  },
  fromPayload: (payload) => defaultPayloadConverter.fromPayload(payload),
};

function findUnsafe(value: unknown, path: string): string | undefined {
  switch (typeof value) {
    case 'string':
    case 'boolean':
    case 'undefined':
      return undefined;
    case 'number':
      return Number.isFinite(value) ? undefined : `${path} is ${value}`;
    case 'object':
      return value === null ? undefined : findUnsafeIn(value, path);
    case 'bigint':
    case 'symbol':
    case 'function':
      return `${path} is a ${typeof value}`;
  }
}

function findUnsafeIn(value: object, path: string): string | undefined {
  if (!Array.isArray(value) && value.constructor?.name !== 'Object') return `${path} is a ${value.constructor?.name}`;
  for (const [key, inner] of Object.entries(value)) {
    const problem = findUnsafe(inner, `${path}.${key}`);
    if (problem !== undefined) return problem;
  }
  return undefined;
}
