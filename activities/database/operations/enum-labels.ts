import { tokenize } from '../sql-statements.js';
import type { EnumChange } from './change-enum.js';
import { literal } from './names.js';
import type { OperationProblem } from './operation.js';

/** The values of the type when all is done. */
export function labelsAfter(
  { add = [], rename = [], remove = [] }: EnumChange,
  labels: readonly string[],
): readonly string[] {
  const kept = labels
    .filter((label) => !remove.some(({ value }) => value === label))
    .map((label) => rename.find(({ from }) => from === label)?.to ?? label);
  return add.reduce<readonly string[]>((all, { value, before, after }) => {
    if (all.includes(value)) return all;
    const at = all.indexOf(before ?? after ?? '');
    const place = at < 0 ? all.length : before === undefined ? at + 1 : at;
    return [...all.slice(0, place), value, ...all.slice(place)];
  }, kept);
}

/** What each version calls the values that the other one knows by another name, or does not know. */
export function labelMaps({ add = [], rename = [], remove = [] }: EnumChange) {
  const up = [
    ...rename.map(({ from, to }) => [from, to] as const),
    ...remove.map(({ value, becomes }) => [value, becomes] as const),
  ];
  const down = [
    ...rename.map(({ from, to }) => [to, from] as const),
    ...add.flatMap(({ value, becomes }) => (becomes === undefined ? [] : [[value, becomes] as const])),
  ];
  return { up: new Map(up), down: new Map(down) };
}

/** SQL that maps a value given as text. */
export function mapSql(labels: ReadonlyMap<string, string>, value: string): string {
  if (labels.size === 0) return value;
  const cases = [...labels].map(([from, to]) => `when ${literal(from)} then ${literal(to)}`);
  return `case ${value} ${cases.join(' ')} else ${value} end`;
}

/** The value of a default such as `'small'::size`; `undefined` when it is computed. */
export function labelOfDefault(expression: string): string | undefined {
  const [first, ...cast] = [...tokenize(expression)];
  const isLiteral = first?.kind === 'string' && first.text.startsWith("'") && ['::', undefined].includes(cast[0]?.text);
  const isWhole = cast.every(({ kind, text }) => ['::', '.'].includes(text) || kind === 'word' || kind === 'quoted');
  return isLiteral && isWhole ? first.text.slice(1, -1).replaceAll("''", "'") : undefined;
}

export function refuseLabels(change: EnumChange, labels: readonly string[]): readonly OperationProblem[] {
  const { add = [], rename = [], remove = [] } = change;
  if (add.length + rename.length + remove.length === 0) {
    return [{ path: [], message: 'expected values to add, rename or remove, found none' }];
  }
  const left = labelsAfter({ ...change, add: [] }, labels);
  const isOwnType = rename.length + remove.length > 0 || add.some(({ becomes }) => becomes !== undefined);
  const known = (value: string | undefined, among: readonly string[], path: OperationProblem['path']) =>
    value === undefined || among.includes(value)
      ? []
      : [{ path, message: `expected one of ${among.join(', ')}, found ${JSON.stringify(value)}` }];
  return [
    ...rename.flatMap(({ from, to }, at) => [
      ...known(from, labels, ['rename', at, 'from']),
      ...refuseTwice(to, left, ['rename', at, 'to']),
    ]),
    ...remove.flatMap(({ value, becomes }, at) => [
      ...known(value, labels, ['remove', at, 'value']),
      ...known(becomes, labelsAfter(change, labels), ['remove', at, 'becomes']),
    ]),
    ...add.flatMap(({ value, before, after, becomes }, at) => {
      const there = labelsAfter({ ...change, add: add.slice(0, at) }, labels);
      const path = ['add', at];
      return [
        // One that is only added may be there: an attempt that went back has left it.
        ...(isOwnType && there.includes(value)
          ? [
              {
                path: [...path, 'value'],
                message: `expected a value of its own, found another ${JSON.stringify(value)}`,
              },
            ]
          : []),
        ...known(before, there, [...path, 'before']),
        ...known(after, there, [...path, 'after']),
        ...known(becomes, labels, [...path, 'becomes']),
        ...(isOwnType && becomes === undefined
          ? [
              {
                path,
                message: `expected becomes, the value that the old version sees instead of ${JSON.stringify(value)}, found none`,
              },
            ]
          : []),
      ];
    }),
  ];
}

function refuseTwice(
  value: string,
  among: readonly string[],
  path: OperationProblem['path'],
): readonly OperationProblem[] {
  if (among.filter((other) => other === value).length < 2) return [];
  return [{ path, message: `expected a value of its own, found another ${JSON.stringify(value)}` }];
}
