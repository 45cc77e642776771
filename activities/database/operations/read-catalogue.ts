import type { Connection } from '../connection.js';
import { keptPrefix } from '../keeping/keep.js';
import type { Catalogue, Column, Constraint, EnumType, Index, Partition, Table } from './catalogue.js';

/** The tables of a schema as they are. Partitions are left out: they are written to through their parents. */
export async function readCatalogue(connection: Connection, schema: string): Promise<Catalogue> {
  const { rows } = await connection.query<{ tables: readonly Table[] | null; enums: readonly EnumType[] | null }>(
    query,
    [schema],
  );
  return { schema, tables: rows[0]?.tables ?? [], hidden: [], enums: rows[0]?.enums ?? [] };
}

type Stated<T> = { [Key in keyof T]: unknown };

/** Builds an SQL object with exactly the keys of a type, leaving out what is null. */
function object<T>(fields: Stated<Required<T>>): string {
  const pairs = Object.entries(fields).map(([key, sql]) => `'${key}', ${String(sql)}`);
  return `json_strip_nulls(json_build_object(${pairs.join(', ')}))`;
}

const column = object<Omit<Column, 'inViewOnly'>>({
  name: 'attname',
  physical: 'attname',
  type: 'format_type(atttypid, atttypmod)',
  nullable: 'not attnotnull',
  default: `case when attgenerated = '' then pg_get_expr(adbin, adrelid) end`,
  generated: `case when attgenerated <> '' then 'stored' when attidentity <> '' then 'identity' end`,
  comment: 'col_description(attrelid, attnum)',
});

const namesOf = (keys: string, relation: string) =>
  `coalesce((select json_agg(attname order by place) from unnest(${keys}) with ordinality as key (number, place)
    join pg_attribute on attrelid = ${relation} and attnum = number), '[]')`;

const constraint = object<Constraint>({
  name: 'conname',
  kind: `case contype when 'p' then 'primary key' when 'u' then 'unique' when 'c' then 'check' when 'f' then 'foreign key'
    when 'x' then 'exclude' else 'not null' end`,
  columns: namesOf('conkey', 'conrelid'),
  definition: 'pg_get_constraintdef(pg_constraint.oid)',
  validated: 'convalidated',
});

const index = object<Index>({
  name: 'index_class.relname',
  columns: namesOf('indkey::int2[]', 'indrelid'),
  definition: 'pg_get_indexdef(indexrelid)',
  unique: 'indisunique',
  valid: 'indisvalid',
});

const partition = object<Partition>({
  name: 'part.relname',
  isDefault: `pg_get_expr(part.relpartbound, part.oid) = 'DEFAULT'`,
});

const table = object<Omit<Table, 'isNew'>>({
  name: 'relname',
  physical: 'relname',
  columns: `coalesce((select json_agg(${column} order by attnum) from pg_attribute
    left join pg_attrdef on adrelid = attrelid and adnum = attnum
    where attrelid = pg_class.oid and attnum > 0 and not attisdropped and not starts_with(attname, '${keptPrefix}')), '[]')`,
  hidden: `'[]'::json`,
  constraints: `coalesce((select json_agg(${constraint} order by conname) from pg_constraint
    where conrelid = pg_class.oid and contype <> 't'), '[]')`,
  indexes: `coalesce((select json_agg(${index} order by index_class.relname) from pg_index
    join pg_class index_class on index_class.oid = indexrelid where indrelid = pg_class.oid), '[]')`,
  rowSecurity: 'relrowsecurity',
  partitioned: `relkind = 'p'`,
  partitions: `(select json_agg(${partition} order by part.relname) from pg_inherits join pg_class part on part.oid = inhrelid
    where inhparent = pg_class.oid and pg_class.relkind = 'p' and part.relnamespace = pg_class.relnamespace)`,
  replicaIdentity: `case relreplident when 'f' then to_json('full'::text) when 'n' then to_json('nothing'::text)
    when 'i' then json_build_object('index', (select identity.relname from pg_index
      join pg_class identity on identity.oid = indexrelid where indrelid = pg_class.oid and indisreplident))
    else to_json('default'::text) end`,
});

const enumType = object<EnumType>({
  name: 'typname',
  type: 'format_type(pg_type.oid, null)',
  labels: '(select json_agg(enumlabel order by enumsortorder) from pg_enum where enumtypid = pg_type.oid)',
});

const query = `select json_agg(${table} order by relname) as tables, (select json_agg(${enumType} order by typname)
    from pg_type join pg_namespace on pg_namespace.oid = typnamespace where nspname = $1 and typtype = 'e') as enums
  from pg_class join pg_namespace on pg_namespace.oid = relnamespace
  where nspname = $1 and relkind in ('r', 'p') and not relispartition`;
