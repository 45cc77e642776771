import type { DropStmt, ObjectType } from 'libpg-query';
import type { RuleName } from '../../../../domain/lint/rules.js';
import { alterations, nameOfParts } from '../tree.js';
import type { Check, Hit, Visit } from '../visit.js';
import { losesName, readByStar } from './others.js';

/** DROP in all its forms. What the old version uses may go where none is left: in contract, and in an undo. */
export const checkRemovals: Check = function* (visit) {
  const { statement, file, schema } = visit;
  const { node } = statement;
  for (const { table, command } of alterations(node)) {
    if (command.subtype === 'AT_DropColumn' && !schema.isNew(table, file)) {
      yield* droppedColumn(visit, table, command.name ?? '', command.behavior === 'DROP_CASCADE');
    }
  }
  if ('DropStmt' in node) yield* dropped(visit, node.DropStmt);
};

function* droppedColumn(visit: Visit, table: string, column: string, cascades: boolean): Generator<Hit> {
  const { file, facts } = visit;
  const name = `${table}.${column}`;
  const known = facts?.tables.get(table);
  if (!file.removes) yield { rule: 'drop-column', what: `drops the column ${name}`, tables: [table] };
  const uses = (known?.uses ?? []).filter((use) => use.column === column).map(({ by }) => by);
  if (uses.length > 0) yield { rule: 'column-still-used', what: `drops ${name}, which ${uses.join(' and ')} uses` };
  if (cascades) yield { rule: 'drop-cascade', what: `drops ${name} with all that depends on it` };
  if ((known?.publications ?? []).length > 0) {
    yield {
      rule: 'published-table',
      what: `drops ${name}, and ${table} is published by ${known?.publications.join(', ')}`,
    };
  }
  yield* losesName(visit, table, column);
  yield* readByStar(visit, table, `drops ${name}`);
}

const kinds: Partial<Record<ObjectType, { readonly rule: RuleName; readonly kind: string }>> = {
  OBJECT_TABLE: { rule: 'drop-table', kind: 'the table' },
  OBJECT_MATVIEW: { rule: 'drop-view', kind: 'the materialized view' },
  OBJECT_VIEW: { rule: 'drop-view', kind: 'the view' },
  OBJECT_FUNCTION: { rule: 'drop-function', kind: 'the function' },
  OBJECT_PROCEDURE: { rule: 'drop-function', kind: 'the procedure' },
  OBJECT_AGGREGATE: { rule: 'drop-function', kind: 'the aggregate' },
  OBJECT_ROUTINE: { rule: 'drop-function', kind: 'the routine' },
  OBJECT_TYPE: { rule: 'drop-object', kind: 'the type' },
  OBJECT_DOMAIN: { rule: 'drop-object', kind: 'the domain' },
  OBJECT_SEQUENCE: { rule: 'drop-object', kind: 'the sequence' },
  OBJECT_SCHEMA: { rule: 'drop-object', kind: 'the schema' },
  OBJECT_EXTENSION: { rule: 'drop-object', kind: 'the extension' },
  OBJECT_TRIGGER: { rule: 'drop-object', kind: 'the trigger' },
};

function* dropped(visit: Visit, drop: DropStmt): Generator<Hit> {
  const { file, schema, facts } = visit;
  const found = drop.removeType === undefined ? undefined : kinds[drop.removeType];
  const names = (drop.objects ?? []).map(nameOfParts).filter((name) => !schema.isNew(name, file));
  if (names.length === 0) return;
  if (found !== undefined && !file.removes) {
    const what = `drops ${found.kind} ${names.join(', ')}`;
    const locks = ['OBJECT_TABLE', 'OBJECT_MATVIEW', 'OBJECT_VIEW'].includes(drop.removeType ?? '');
    const peers = names.flatMap((name) => [...(facts?.tables.get(name)?.foreignKeys.values() ?? [])]);
    yield { rule: found.rule, what, ...(locks ? { tables: [...new Set([...names, ...peers])] } : {}) };
  }
  if (drop.removeType === 'OBJECT_TABLE') for (const name of names) yield* losesName(visit, name);
  if (drop.behavior === 'DROP_CASCADE') {
    yield { rule: 'drop-cascade', what: `drops ${names.join(', ')} with all that depends on it` };
  }
}
