import { z } from 'zod';
import { expected } from './manifest-problem.js';

/** A mapping of known keys; anything else in it is refused. */
export function section<Shape extends z.core.$ZodLooseShape>(shape: Shape, what: string) {
  return z.strictObject(shape, expected(`a mapping with ${what}`));
}

export function text(pattern: RegExp, what: string) {
  return z.string(expected(what)).regex(pattern, expected(what));
}

export function whole(min: number, max: number, what: string) {
  const range = expected(`${what}, a whole number from ${min} to ${max}`);
  return z.int(range).min(min, range).max(max, range);
}

export function ratio(min: number, max: number, what: string) {
  const range = expected(`${what}, a number from ${min} to ${max}`);
  return z.number(range).min(min, range).max(max, range);
}

/** Checks that compare fields also run when other fields are wrong, so that everything is said at once. */
export const comparing = {
  when: ({ value }: { value: unknown }) => typeof value === 'object' && value !== null && !Array.isArray(value),
};

export const name = (what: string) =>
  text(/^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$/, `${what}: 1 to 64 of A-Z a-z 0-9 . _ - as a quoted string`);
export const targetGroupArn = text(
  /^arn:[a-z-]+:elasticloadbalancing:[a-z0-9-]+:\d{12}:targetgroup\/\S+$/,
  'the ARN of a target group (arn:aws:elasticloadbalancing:…:targetgroup/…)',
);
export const ruleArn = text(
  /^arn:[a-z-]+:elasticloadbalancing:[a-z0-9-]+:\d{12}:listener-rule\/\S+$/,
  'the ARN of a listener rule (arn:aws:elasticloadbalancing:…:listener-rule/…)',
);
export const roleArn = text(/^arn:[a-z-]+:iam::\d{12}:role\/\S+$/, 'the ARN of a role (arn:aws:iam::…:role/…)');
export const ecsName = (what: string) => text(/^[A-Za-z0-9_-]{1,255}$/, `${what}: up to 255 letters, digits, _ and -`);

/** ECS wants a string; people write a number. */
export const size = (what: string) =>
  z
    .union([z.number(), z.string()], expected(`${what}, a whole number`))
    .refine((value) => /^[1-9]\d{0,8}$/.test(String(value)), expected(`${what}, a whole number`))
    .transform(String);
