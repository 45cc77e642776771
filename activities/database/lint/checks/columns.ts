import type { ColumnDef, Node } from 'libpg-query';
import { alterations, columnOf, constraintIn, nameOf, nodesOf, partsOf, typeOf } from '../tree.js';
import type { Check, Hit, Visit } from '../visit.js';
import { readByStar } from './others.js';

/** ADD COLUMN, and the columns of CREATE TABLE. */
export const checkColumns: Check = function* (visit) {
  const { node } = visit.statement;
  for (const column of nodesOf(node, 'ColumnDef')) {
    if (typeOf(column.typeName) === 'json')
      yield { rule: 'json-column', what: `makes ${column.colname} a json column` };
  }
  for (const { table, command } of alterations(node)) {
    const column = columnOf(command.def);
    if (visit.schema.isNew(table, visit.file)) continue;
    if (command.subtype === 'AT_AddColumn' && column !== undefined) yield* addedColumn(visit, table, column);
    if (command.subtype === 'AT_SetNotNull') yield* setNotNull(visit, table, command.name ?? '');
    if (command.subtype === 'AT_ColumnDefault' && command.def !== undefined && visit.file.phase !== 'contract') {
      yield { rule: 'change-default', what: `changes the default of ${table}.${command.name}`, tables: [table] };
    }
  }
};

function* addedColumn(visit: Visit, table: string, column: ColumnDef): Generator<Hit> {
  const { facts, postgres } = visit;
  const name = `${table}.${column.colname}`;
  const tables = [table];
  const why = rewriteReason(column, postgres);
  if (why !== undefined) yield { rule: 'add-column-rewrite', what: `adds ${name} with ${why}`, tables };
  const required = constraintIn(column, 'CONSTR_NOTNULL') ?? constraintIn(column, 'CONSTR_PRIMARY');
  const value = constraintIn(column, 'CONSTR_DEFAULT');
  if (required !== undefined && why === undefined && (value === undefined || isNull(value.raw_expr))) {
    if (constraintIn(column, 'CONSTR_GENERATED') === undefined) {
      yield { rule: 'add-required-column', what: `adds ${name}, which takes no NULL and has no default`, tables };
    }
  }
  const unique = constraintIn(column, 'CONSTR_UNIQUE') ?? constraintIn(column, 'CONSTR_PRIMARY');
  if (unique !== undefined) {
    yield { rule: 'unique-without-index', what: `adds ${name} with an index of its own`, tables };
  }
  if (constraintIn(column, 'CONSTR_CHECK') !== undefined) {
    yield { rule: 'check-without-not-valid', what: `adds ${name} with a CHECK`, tables };
  }
  // A column that is NULL everywhere needs no look at the other table; a default has to be found there.
  const foreign = constraintIn(column, 'CONSTR_FOREIGN');
  if (foreign !== undefined && value !== undefined && !isNull(value.raw_expr)) {
    const other = nameOf(foreign.pktable);
    yield {
      rule: 'foreign-key-without-not-valid',
      what: `adds ${name} with a default and a foreign key to ${other}`,
      tables: [table, other],
    };
  }
  const publications = facts?.tables.get(table)?.publications ?? [];
  if (publications.length > 0) {
    yield { rule: 'published-table', what: `adds ${name}, and ${table} is published by ${publications.join(', ')}` };
  }
  yield* readByStar(visit, table, `adds ${name}`);
}

const serialTypes = ['serial', 'bigserial', 'smallserial', 'serial2', 'serial4', 'serial8'];

function rewriteReason(column: ColumnDef, postgres: number): string | undefined {
  if (serialTypes.includes(typeOf(column.typeName))) return 'a sequence';
  if (constraintIn(column, 'CONSTR_IDENTITY') !== undefined) return 'an identity';
  const generated = constraintIn(column, 'CONSTR_GENERATED');
  if (generated !== undefined && (generated.generated_kind !== 'v' || postgres < 18)) return 'a stored generated value';
  const value = constraintIn(column, 'CONSTR_DEFAULT')?.raw_expr;
  if (value === undefined || isNull(value)) return undefined;
  const call = volatileCall(value);
  if (call !== undefined) return `the default ${call}(), another one for each row`;
  return postgres < 11 ? 'a default, which is written to every row before Postgres 11' : undefined;
}

/** Functions of Postgres that are stable or immutable, as far as defaults use them; any other may be volatile. */
const steadyFunctions = new Set(
  (
    'now transaction_timestamp statement_timestamp current_setting timezone date_trunc to_char to_date to_timestamp ' +
    'to_number lower upper trim btrim ltrim rtrim concat concat_ws coalesce md5 make_date make_time make_timestamp ' +
    'make_timestamptz make_interval jsonb_build_object jsonb_build_array json_build_object json_build_array to_jsonb ' +
    'to_json array_fill length substr substring replace round floor ceil abs date_part extract int4range int8range ' +
    'numrange tsrange tstzrange daterange point'
  ).split(' '),
);

function volatileCall(value: Node): string | undefined {
  for (const { funcname } of nodesOf(value, 'FuncCall')) {
    const name = (funcname ?? []).flatMap((part) => partsOf(part)).filter((part) => part !== 'pg_catalog');
    if (name.length !== 1 || !steadyFunctions.has(name[0] ?? '')) return name.join('.');
  }
  return undefined;
}

function isNull(value: Node | undefined): boolean {
  if (value === undefined) return true;
  if ('TypeCast' in value) return isNull(value.TypeCast.arg);
  return 'A_Const' in value && value.A_Const.isnull === true;
}

function* setNotNull({ schema, facts }: Visit, table: string, column: string): Generator<Hit> {
  if (schema.isProvenNotNull(table, column) || facts?.tables.get(table)?.notNull.includes(column)) return;
  yield { rule: 'set-not-null', what: `makes ${table}.${column} NOT NULL`, tables: [table] };
}
