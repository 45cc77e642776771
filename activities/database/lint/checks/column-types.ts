import type { TypeName } from 'libpg-query';
import { alterations, columnOf, modifiersOf, typeOf } from '../tree.js';
import type { Check } from '../visit.js';

/** ALTER COLUMN TYPE: whether the stored values stay as they are can be told once the old type is known. */
export const checkColumnTypes: Check = function* ({ statement, file, schema, facts }) {
  for (const { table, command } of alterations(statement.node)) {
    const column = columnOf(command.def);
    if (command.subtype !== 'AT_AlterColumnType' || column === undefined || schema.isNew(table, file)) continue;
    const old = facts?.tables.get(table)?.columns.get(command.name ?? '');
    const wanted = { type: column.typeName, converts: column.raw_default !== undefined };
    if (old === undefined ? mayStay(wanted) : stays(old, wanted)) continue;
    const from = old === undefined ? '' : ` from ${old}`;
    const what = `changes the type of ${table}.${command.name}${from} to ${describe(column.typeName)}`;
    yield { rule: 'change-column-type', what, tables: [table] };
  }
};

interface Wanted {
  readonly type: TypeName | undefined;
  /** There is a USING. */
  readonly converts: boolean;
}

/** The types that are most often come to from one that is stored alike: varchar(20) to text. */
function mayStay({ type, converts }: Wanted): boolean {
  return !converts && isPlain(type) && isUnboundedText(type);
}

/** `old` as `format_type` writes it. */
function stays(old: string, { type, converts }: Wanted): boolean {
  if (converts || !isPlain(type)) return false;
  const [, name = '', numbers = ''] = /^([a-z ]+?)(?:\(([\d,]+)\))?$/.exec(old) ?? [];
  const [oldFirst, oldSecond = 0] = numbers === '' ? [] : numbers.split(',').map(Number);
  const [first, second = 0] = modifiersOf(type);
  const wanted = typeOf(type);
  switch (name) {
    case 'character varying':
      if (isUnboundedText(type)) return true;
      return wanted === 'varchar' && oldFirst !== undefined && first !== undefined && first >= oldFirst;
    case 'text':
      return isUnboundedText(type);
    case 'numeric':
      if (wanted !== 'numeric') return false;
      return first === undefined || (oldFirst !== undefined && first >= oldFirst && second === oldSecond);
    default:
      return false;
  }
}

function isPlain(type: TypeName | undefined): boolean {
  return (type?.arrayBounds ?? []).length === 0;
}

function isUnboundedText(type: TypeName | undefined): boolean {
  return ['text', 'varchar'].includes(typeOf(type)) && modifiersOf(type).length === 0;
}

function describe(type: TypeName | undefined): string {
  const modifiers = modifiersOf(type);
  return `${typeOf(type)}${modifiers.length === 0 ? '' : `(${modifiers.join(',')})`}${isPlain(type) ? '' : '[]'}`;
}
