import { identifierOf, tokenize } from '../sql-statements.js';
import type { Catalogue, Constraint, Table } from './catalogue.js';

/** What a foreign key refers to; names are physical. */
export interface ForeignKey {
  readonly columns: readonly string[];
  readonly schema: string | undefined;
  readonly table: string;
  readonly keys: readonly string[];
  /** What stands behind: ` ON DELETE CASCADE DEFERRABLE`. */
  readonly rules: string;
}

/** Reads `FOREIGN KEY (a) REFERENCES s.t(b) ON DELETE CASCADE`, as the server words it; `undefined` for anything else. */
export function readForeignKey(definition: string): ForeignKey | undefined {
  const tokens = [...tokenize(definition)];
  const at = (word: string) => tokens.findIndex((token) => token.kind === 'word' && token.text.toUpperCase() === word);
  const references = at('REFERENCES');
  const [from, opens] = [
    tokens.findIndex(({ text }) => text === '('),
    tokens.findIndex(({ text }, index) => text === '(' && index > references),
  ];
  const closes = tokens.findIndex(({ text }, index) => text === ')' && index > opens);
  const last = tokens[closes];
  if (at('FOREIGN') !== 0 || references < 0 || from < 0 || opens < 0 || last === undefined) return undefined;
  const namesIn = (start: number, end: number) =>
    tokens.slice(start, end).flatMap((token) => identifierOf(token) ?? []);
  const path = namesIn(references + 1, opens);
  const table = path.at(-1);
  if (table === undefined) return undefined;
  return {
    columns: namesIn(from + 1, references),
    schema: path.at(-2),
    table,
    keys: namesIn(opens + 1, closes),
    rules: definition.slice(last.at + 1),
  };
}

export interface FoundReference {
  readonly from: Table;
  readonly constraint: Constraint;
  readonly key: ForeignKey;
}

/** The foreign keys that refer to the table, those of its own included. */
export function referencesTo(catalogue: Catalogue, { physical }: Table): readonly FoundReference[] {
  return catalogue.tables.flatMap((from) =>
    from.constraints.flatMap((constraint) => {
      const key = constraint.kind === 'foreign key' ? readForeignKey(constraint.definition) : undefined;
      const isHere = key?.table === physical && (key.schema ?? catalogue.schema) === catalogue.schema;
      return key !== undefined && isHere ? [{ from, constraint, key }] : [];
    }),
  );
}
