/**
 * What stands in a column, told by its row's `rev`, which every write gives a new value: so each row says by itself what
 * it should be, in whichever form somebody looks at it.
 */
export interface Value {
  /** An SQL expression of `rev`. */
  readonly is: string;
  /** The same as a parameter, where the expression would need the name of a type. */
  readonly as?: (rev: number) => string;
  /** A condition that holds where something else stands. Default: it is not what `is` says. */
  readonly wrong?: string;
  /** Whether it is null. Default: never. */
  readonly isNull?: (rev: number) => boolean;
}

/** A part of the schema as one version knows it. */
export interface Form {
  /** Of the track's first table. Default: none of its own. */
  readonly columns?: Readonly<Record<string, Value>>;
  /** What the track's first table is called. Default: as the shop calls it. */
  readonly name?: string;
  /** Another table with a row for each of the track's first one. */
  readonly beside?: Beside;
  /** Its tables are not there. */
  readonly absent?: boolean;
  /** One of the columns without the others would break a constraint. */
  readonly together?: boolean;
}

export interface Beside {
  readonly name: string;
  /** Holds the other row's `id`. */
  readonly key: string;
  readonly columns: Readonly<Record<string, Value>>;
}

/** From one form to the next. */
export interface Change {
  /** As the report calls it. */
  readonly kind: string;
  /** The content of a file, given what the track's first table is called. */
  readonly operations: (table: string) => readonly object[];
  /** No other operation may be in the file. */
  readonly alone?: boolean;
  /** Others in the file still know the table by its name before. */
  readonly last?: boolean;
  /** The new version has the table only when it is filled. */
  readonly late?: boolean;
  /** Nothing of its tables gets another name at contract: another file may come before that. */
  readonly inPlace?: boolean;
  /** What must not stand in the new form of a row while both are there, besides what never must. */
  readonly stricter?: Readonly<Record<string, string>>;
}

/** A part of the schema that goes from form to form, and round. */
export interface Track {
  /** Logical names: see `shop.ts`. */
  readonly tables: readonly [string, ...string[]];
  /** `changes[n]` leads from `forms[n]` to the one after it. */
  readonly forms: readonly Form[];
  readonly changes: readonly Change[];
}

/** Where each track stands, by its place in the list. */
export type Positions = readonly number[];
