import { qualified } from './operations/names.js';

/** A table or an index: names as the catalogue has them, without quotes. */
export interface RelationName {
  readonly schema: string;
  readonly name: string;
}

/** `"public"."Orders"`: quoted, so that capitals and reserved words survive. */
export function quoteRelation({ schema, name }: RelationName): string {
  return qualified(schema, name);
}
