import pg from 'pg';

/** A table, index or view: names as the catalogue has them, without quotes. */
export interface RelationName {
  readonly schema: string;
  readonly name: string;
}

/** `"public"."Orders"`: quoted, so that capitals and reserved words survive. */
export function quoteRelation({ schema, name }: RelationName): string {
  return `${quote(schema)}.${quote(name)}`;
}

export function quote(name: string): string {
  return pg.escapeIdentifier(name);
}

export function quoteList(names: readonly string[]): string {
  return names.map(quote).join(', ');
}
