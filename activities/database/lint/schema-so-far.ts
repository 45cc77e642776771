import type { Node } from 'libpg-query';
import type { LintFile } from './lint-file.js';
import { alterations, constraintOf, nameOf, partsOf } from './tree.js';

/** What the statements up to here have made: nobody waits for what nobody has yet. */
export interface SchemaSoFar {
  /** Made before in this file, or by another file of the same phase: no version uses it yet. */
  isNew(relation: string, file: LintFile): boolean;
  /** The file that added the constraint. */
  addedIn(table: string, constraint: string): LintFile | undefined;
  /** A CHECK that the column is not NULL, or the constraint itself, was added and validated. */
  isProvenNotNull(table: string, column: string): boolean;
  /** The file that added a value of this name to an enum. */
  enumValueIn(value: string): LintFile | undefined;
  note(node: Node, file: LintFile): void;
}

interface Added {
  readonly file: LintFile;
  readonly notNull: string | undefined;
  valid: boolean;
}

export function createSchemaSoFar(): SchemaSoFar {
  const made = new Map<string, LintFile>();
  const added = new Map<string, Added>();
  const enumValues = new Map<string, LintFile>();
  const key = (table: string, constraint: string) => `${table}\n${constraint}`;
  return {
    isNew(relation, file) {
      const by = made.get(relation);
      return by !== undefined && (by === file || (by.phase !== undefined && by.phase === file.phase));
    },
    addedIn: (table, constraint) => added.get(key(table, constraint))?.file,
    isProvenNotNull: (table, column) =>
      [...added].some(([of, { notNull, valid }]) => of.startsWith(`${table}\n`) && notNull === column && valid),
    enumValueIn: (value) => enumValues.get(value),
    note(node, file) {
      if ('AlterEnumStmt' in node && node.AlterEnumStmt.oldVal === undefined) {
        enumValues.set(node.AlterEnumStmt.newVal ?? '', file);
      }
      for (const relation of madeBy(node)) made.set(relation, file);
      for (const { table, command } of alterations(node)) {
        const constraint = constraintOf(command.def);
        if (command.subtype === 'AT_AddConstraint' && constraint !== undefined) {
          const valid = constraint.skip_validation !== true;
          added.set(key(table, constraint.conname ?? ''), { file, notNull: notNullColumn(constraint), valid });
        }
        const validated = command.subtype === 'AT_ValidateConstraint' && added.get(key(table, command.name ?? ''));
        if (validated) validated.valid = true;
      }
    },
  };
}

function madeBy(node: Node): readonly string[] {
  if ('CreateStmt' in node) return [nameOf(node.CreateStmt.relation)];
  if ('CreateTableAsStmt' in node) return [nameOf(node.CreateTableAsStmt.into?.rel)];
  if ('ViewStmt' in node && node.ViewStmt.replace !== true) return [nameOf(node.ViewStmt.view)];
  return [];
}

/** Of `check (c is not null)` and of a named `not null c`. */
function notNullColumn(constraint: NonNullable<ReturnType<typeof constraintOf>>): string | undefined {
  if (constraint.contype === 'CONSTR_NOTNULL') return partsOf(constraint.keys?.[0])[0];
  const test = constraint.raw_expr;
  if (constraint.contype !== 'CONSTR_CHECK' || test === undefined || !('NullTest' in test)) return undefined;
  const { arg, nulltesttype } = test.NullTest;
  if (nulltesttype !== 'IS_NOT_NULL' || arg === undefined || !('ColumnRef' in arg)) return undefined;
  return (arg.ColumnRef.fields ?? []).flatMap((field) => partsOf(field)).at(-1);
}
