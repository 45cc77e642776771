import { z } from 'zod';
import { expected } from './manifest-problem.js';

/** A mapping of known keys; anything else in it is refused. */
export function section<Shape extends z.core.$ZodLooseShape>(shape: Shape, what: string) {
  return z.strictObject(shape, expected(`a mapping with ${what}`));
}

/** `what` may stand here: in errors, in the reference and in editors. */
export function text(pattern: RegExp, what: string) {
  return z.string(expected(what)).regex(pattern, expected(what)).meta({ bounds: what });
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

/** The environment of whoever submits may fill in `${NAME}` here; anywhere else it is refused. */
export function fillable<Schema extends z.ZodType>(schema: Schema): Schema {
  return schema.meta({ fillable: true });
}

export const name = (what: string) =>
  text(/^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$/, `${what}: 1 to 64 of A-Z a-z 0-9 . _ - as a quoted string`);
/** `sluice init` ends the ARN of what is not there yet with sixteen zeros, an id that AWS never gives. */
const made = (arn: RegExp) => new RegExp(`^(?!.*/0{16}$)${arn.source.slice(1)}`);
export const targetGroupArn = text(
  made(/^arn:[a-z-]+:elasticloadbalancing:[a-z0-9-]+:\d{12}:targetgroup\/\S+$/),
  'the ARN of a target group that is there (arn:aws:elasticloadbalancing:…:targetgroup/…)',
);
export const ruleArn = text(
  made(/^arn:[a-z-]+:elasticloadbalancing:[a-z0-9-]+:\d{12}:listener-rule\/\S+$/),
  'the ARN of a listener rule that is there (arn:aws:elasticloadbalancing:…:listener-rule/…)',
);
export const roleArn = text(/^arn:[a-z-]+:iam::\d{12}:role\/\S+$/, 'the ARN of a role (arn:aws:iam::…:role/…)');
export const ecsName = (what: string) => text(/^[A-Za-z0-9_-]{1,255}$/, `${what}: up to 255 letters, digits, _ and -`);

/** ECS wants a string; people write a number. */
export function size(what: string) {
  const whole = expected(`${what}, a whole number from 1 to 999999999`);
  return z
    .union([z.int(whole).min(1, whole).max(999_999_999, whole), z.string(whole).regex(/^[1-9]\d{0,8}$/, whole)], whole)
    .meta({ typeName: 'whole number', bounds: '1 to 999999999' })
    .transform(String);
}
