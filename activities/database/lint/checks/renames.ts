import type { ObjectType } from 'libpg-query';
import type { RuleName } from '../../../../domain/lint/rules.js';
import { dotted, nameOf, nameOfParts } from '../tree.js';
import type { Check } from '../visit.js';
import { losesName } from './others.js';

/** New names, and old names with another meaning. */
export const checkRenames: Check = function* (visit) {
  const { statement, file, schema } = visit;
  const { node } = statement;
  if ('RenameStmt' in node) {
    const { renameType, relation, object, subname, newname } = node.RenameStmt;
    const rule = rules[renameType ?? 'OBJECT_TABLE'];
    const renamed =
      relation === undefined ? (object === undefined ? (subname ?? '') : nameOfParts(object)) : nameOf(relation);
    if (rule === undefined || schema.isNew(renamed, file)) return;
    // The old name is a view from here on.
    if (rule === 'rename-table' && file.views.has(renamed)) return;
    const of = renameType === 'OBJECT_COLUMN' ? `${renamed}.${subname}` : renamed;
    const tables = ['rename-table', 'rename-column'].includes(rule) ? { tables: [renamed] } : {};
    yield { rule, what: `renames ${of} to ${newname}`, ...tables };
    if (rule === 'rename-column') yield* losesName(visit, renamed, subname);
    if (rule === 'rename-table') yield* losesName(visit, renamed);
  }
  if ('AlterObjectSchemaStmt' in node) {
    const { relation, object, newschema } = node.AlterObjectSchemaStmt;
    const moved = relation === undefined ? nameOfParts(object) : nameOf(relation);
    if (!schema.isNew(moved, file)) yield { rule: 'rename-object', what: `moves ${moved} to the schema ${newschema}` };
  }
  if ('AlterEnumStmt' in node && node.AlterEnumStmt.oldVal !== undefined) {
    const { typeName, oldVal, newVal } = node.AlterEnumStmt;
    const type = dotted((typeName ?? []).map(nameOfParts));
    yield { rule: 'rename-enum-value', what: `renames the value ${oldVal} of ${type} to ${newVal}` };
  }
  if ('ViewStmt' in node && node.ViewStmt.replace === true) {
    const view = nameOf(node.ViewStmt.view);
    if (!schema.isNew(view, file))
      yield { rule: 'replace-view', what: `gives ${view} another definition`, tables: [view] };
  }
};

/** Constraints, indexes, triggers and the like are absent: no query names them. */
const rules: Partial<Record<ObjectType, RuleName>> = {
  OBJECT_COLUMN: 'rename-column',
  OBJECT_ATTRIBUTE: 'rename-column',
  OBJECT_TABLE: 'rename-table',
  OBJECT_VIEW: 'rename-view',
  OBJECT_MATVIEW: 'rename-view',
  OBJECT_SCHEMA: 'rename-schema',
  OBJECT_FUNCTION: 'rename-object',
  OBJECT_PROCEDURE: 'rename-object',
  OBJECT_ROUTINE: 'rename-object',
  OBJECT_AGGREGATE: 'rename-object',
  OBJECT_TYPE: 'rename-object',
  OBJECT_DOMAIN: 'rename-object',
  OBJECT_SEQUENCE: 'rename-object',
};
