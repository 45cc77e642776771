import { z } from 'zod';
import { comparing, text } from './manifest-fields.js';
import { expected, found, quote } from './manifest-problem.js';
import { isSecretName, mayHoldSecret } from './manifest-secrets.js';

const variableName = /^[A-Za-z_][A-Za-z0-9_]*$/;

const variables = (what: string, value: z.ZodType<string>) =>
  z
    .record(z.string(), value, expected(what))
    .meta({ bounds: what, propertyNames: { type: 'string', pattern: variableName.source } })
    .superRefine((values, ctx) => {
      for (const key of Object.keys(values).filter((key) => !variableName.test(key))) {
        const message = `expected the name of an environment variable, ${found(key)}`;
        ctx.addIssue({ code: 'custom', path: [key], message, params: { at: 'key' } });
      }
    }, comparing);

export const plainVariables = variables(
  'a mapping of variable names to strings',
  z.string(expected('a string (put numbers and true, false into quotes)')),
).superRefine((values, ctx) => {
  for (const [key, value] of Object.entries(values)) {
    if (typeof value !== 'string' || !(isSecretName(key) || mayHoldSecret(value))) continue;
    const message = `${quote(key)} looks like a secret, and what stands here can be read in every log; name a reference to it under "secrets" instead`;
    ctx.addIssue({ code: 'custom', path: [key], message });
  }
}, comparing);

/** What ECS takes as `valueFrom`: a name with a slash in it is one from the root. */
const reference = new RegExp(
  [
    /^arn:[a-z-]+:secretsmanager:[a-z0-9-]+:\d{12}:secret:\S+$/,
    /^arn:[a-z-]+:ssm:[a-z0-9-]+:\d{12}:parameter\/\S+$/,
    /^[A-Za-z0-9_.-]{1,1011}$/,
    /^(?=.{2,1011}$)(\/[A-Za-z0-9_.-]+)+$/,
  ]
    .map(({ source }) => source)
    .join('|'),
);

export const secretReferences = variables(
  'a mapping of variable names to secret references',
  z
    .string(expected('a reference: the ARN of a secret, or the name of a parameter'))
    .refine(
      (value) => reference.test(value) && !mayHoldSecret(value),
      expected(
        'a reference that ECS takes (the ARN of a secret or parameter, or the name of a parameter, from / on where it has one: /shop/url), never the secret itself',
      ),
    ),
);

export const headers = z
  .record(
    z.string(),
    text(/^[\x20-\x7e]+$/, 'the value of a header, a string (put numbers into quotes)'),
    expected('a mapping of header names to values'),
  )
  .meta({ bounds: 'a mapping of header names to values' })
  .superRefine((values, ctx) => {
    for (const key of Object.keys(values)) {
      if (!/^[A-Za-z0-9!#$%&'*+.^_`|~-]+$/.test(key)) {
        const message = `expected the name of a header, ${found(key)}`;
        ctx.addIssue({ code: 'custom', path: [key], message, params: { at: 'key' } });
      } else if (isSecretName(key) || mayHoldSecret(JSON.stringify(values[key]) ?? '')) {
        const message = `${quote(key)} looks like a secret; let the test rule match on a header that is none`;
        ctx.addIssue({ code: 'custom', path: [key], message });
      }
    }
  }, comparing);

export const matchingHeaders = headers
  .superRefine((values, ctx) => {
    if (Object.keys(values).length > 0) return;
    ctx.addIssue({ code: 'custom', message: 'expected at least the header that makes the test rule match' });
  }, comparing)
  .meta({ bounds: 'a mapping of header names to values, at least one', minProperties: 1 });
