import ms, { type StringValue } from 'ms';
import { z } from 'zod';
import { expected } from './manifest-problem.js';

const pattern = /^\d+(\.\d+)?(ms|s|m|h|d)$/;

interface Limits {
  readonly min: StringValue;
  /** Default `7d`. */
  readonly max?: StringValue;
  /** The smallest part that counts; default 1 ms. */
  readonly grain?: StringValue;
}

/** A duration such as `30s` or `1.5h`, turned into milliseconds. A plain number has no unit and is refused. */
export function duration({ min, max = '7d', grain = '1ms' }: Limits) {
  const whole = grain === '1ms' ? '' : `, in whole multiples of ${grain}`;
  const range = expected(`a duration from ${min} to ${max}${whole}`);
  const form = expected(`a duration with its unit, such as 500ms, 30s, 5m or 1h (${min} to ${max}${whole})`);
  return z
    .string(form)
    .regex(pattern, form)
    .meta({ typeName: 'duration', bounds: `${min} to ${max}${whole}` })
    .refine((text) => !pattern.test(text) || inRange(text), range)
    .transform((text) => Math.round(ms(text as StringValue)));

  function inRange(text: string): boolean {
    const value = ms(text as StringValue);
    return value >= ms(min) && value <= ms(max) && Number.isInteger(value / ms(grain));
  }
}
