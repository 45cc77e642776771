import { z } from 'zod';
import { expected } from '../../admission/manifest-problem.js';

/** A mapping of known keys; anything else in it is refused, with the key that was probably meant. */
export function mapping<Shape extends z.core.$ZodLooseShape>(shape: Shape, what: string) {
  return z.strictObject(shape, expected(`a mapping with ${what}`)).describe(`a mapping with ${what}`);
}

/** A name as the server keeps it, capitals and spaces included: nobody quotes it, and nothing is folded. */
export function name(what: string) {
  return z
    .string(expected(what))
    .min(1, expected(what))
    .refine((value) => Buffer.byteLength(value) <= 63, expected(`${what} of at most 63 bytes, which the server keeps`))
    .refine((value) => !value.includes('\0'), expected(`${what} without a null byte`))
    .describe(what);
}

/** Left as it is: the server reads it. */
export function sql(what: string) {
  return z
    .string(expected(what))
    .refine((value) => value.trim() !== '', expected(what))
    .describe(what);
}

export function names(what: string) {
  return z
    .array(name(`the name of ${what}`), expected(`a list of names of ${what}s`))
    .min(1, expected(`at least one ${what}`))
    .describe(`names of ${what}s`);
}

export function flag(what: string) {
  return z.boolean(expected(`true or false: ${what}`)).describe(what);
}

export function oneOf<const Values extends readonly [string, ...string[]]>(values: Values) {
  return z.enum(values, expected(`one of ${values.join(', ')}`)).describe('one of these');
}

export function text(what: string) {
  return z.string(expected(what)).describe(what);
}

export function listOf<Item extends z.ZodType>(item: Item, what: string) {
  return z.array(item, expected(what)).describe(what);
}
