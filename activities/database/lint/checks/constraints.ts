import type { Constraint } from 'libpg-query';
import { alterations, constraintOf, nameOf } from '../tree.js';
import type { Check, Hit, Visit } from '../visit.js';

export const checkConstraints: Check = function* (visit) {
  const { statement, file, schema } = visit;
  for (const { table, command } of alterations(statement.node)) {
    const constraint = constraintOf(command.def);
    switch (command.subtype) {
      case 'AT_AddConstraint':
        if (constraint !== undefined && !schema.isNew(table, file)) yield* added(visit, table, constraint);
        break;
      case 'AT_ValidateConstraint':
        if (schema.addedIn(table, command.name ?? '') === file && !schema.isNew(table, file)) {
          const what = `validates ${command.name} of ${table} in the transaction that adds it`;
          yield { rule: 'validate-with-add', what, tables: [table] };
        }
        break;
      case 'AT_DropConstraint':
        if (!schema.isNew(table, file)) yield dropped(visit, table, command.name ?? '');
        break;
      default:
    }
  }
};

function* added({ file, schema }: Visit, table: string, constraint: Constraint): Generator<Hit> {
  const name = constraint.conname === undefined ? `to ${table}` : `${constraint.conname} to ${table}`;
  const tables = [table];
  const unchecked = constraint.skip_validation === true || constraint.is_enforced === false;
  switch (constraint.contype) {
    case 'CONSTR_CHECK':
      if (!unchecked) yield { rule: 'check-without-not-valid', what: `adds the CHECK ${name}`, tables };
      break;
    case 'CONSTR_NOTNULL':
      if (!unchecked) yield { rule: 'set-not-null', what: `adds the NOT NULL constraint ${name}`, tables };
      break;
    case 'CONSTR_FOREIGN': {
      const other = nameOf(constraint.pktable);
      if (unchecked) break;
      const locked = [...tables, other].filter((each) => !schema.isNew(each, file));
      yield {
        rule: 'foreign-key-without-not-valid',
        what: `adds the foreign key ${name}, to ${other}`,
        tables: locked,
      };
      break;
    }
    case 'CONSTR_UNIQUE':
    case 'CONSTR_PRIMARY':
      if (constraint.indexname === undefined) {
        const kind = constraint.contype === 'CONSTR_UNIQUE' ? 'UNIQUE constraint' : 'primary key';
        yield { rule: 'unique-without-index', what: `adds the ${kind} ${name}`, tables };
      }
      break;
    case 'CONSTR_EXCLUSION':
      yield { rule: 'exclusion-constraint', what: `adds the exclusion constraint ${name}`, tables };
      break;
    default:
  }
}

function dropped({ facts }: Visit, table: string, constraint: string): Hit {
  const other = facts?.tables.get(table)?.foreignKeys.get(constraint);
  const foreign = other === undefined ? '' : `, a foreign key with ${other}`;
  const tables = other === undefined ? [table] : [table, other];
  return { rule: 'drop-constraint', what: `drops the constraint ${constraint} of ${table}${foreign}`, tables };
}
