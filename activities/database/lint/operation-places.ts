import path from 'node:path';
import type { LintFinding, OperationInputs } from '../../../domain/lint/finding.js';
import { type RuleName, lintRules } from '../../../domain/lint/rules.js';
import { describeWaits, type TableSize } from '../../../domain/lint/waits.js';

interface Place {
  readonly file: string;
  readonly line: number;
  readonly column: number;
}

/** Where in the files of operations something stands. */
export interface OperationPlaces {
  /** As they are printed. */
  readonly files: readonly string[];
  /** Of `03_add_email.yaml:4:7`. */
  of(at: string): Place;
  /** Of a message that begins with such a place, or with a file's name; without either it is about the first file. */
  in(message: string): Place & { readonly text: string };
  finding(rule: RuleName, found: Found): LintFinding;
  compare(a: LintFinding, b: LintFinding): number;
}

interface Found extends Place {
  readonly what: string;
  readonly statement?: string;
  readonly tables?: readonly string[];
  /** Of the tables, where they are known. */
  readonly sizes?: readonly TableSize[];
}

export function operationPlaces({ folder, files }: OperationInputs): OperationPlaces {
  const printed = files.map(({ name }) => path.join(folder, name));
  const fileOf = (name: string) => printed[files.findIndex((file) => file.name === name)];
  const parse = (text: string) => {
    const name = files.find((file) => text.startsWith(`${file.name}:`))?.name;
    if (name === undefined) return { place: { file: printed[0] ?? folder, line: 1, column: 1 }, rest: text };
    const [all = '', line = '1', column = '1'] = /^:(\d+):(\d+)/.exec(text.slice(name.length)) ?? [':'];
    const rest = text.slice(name.length + all.length).replace(/^:? */, '');
    return { place: { file: fileOf(name) ?? name, line: Number(line), column: Number(column) }, rest };
  };
  return {
    files: printed,
    of: (at) => parse(at).place,
    in: (message) => {
      const { place, rest } = parse(message);
      return { ...place, text: rest };
    },
    finding: (rule, { what, statement = '', tables = [], sizes = [], ...place }) => {
      const { severity, breaks, recipe } = lintRules[rule];
      return {
        ...place,
        statement,
        rule,
        severity,
        what,
        breaks,
        waits: describeWaits(lintRules[rule], tables, sizes),
        recipe,
      };
    },
    compare: (a, b) => printed.indexOf(a.file) - printed.indexOf(b.file) || a.line - b.line || a.column - b.column,
  };
}
