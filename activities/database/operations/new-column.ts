import type { Column } from './catalogue.js';
import { literal, quoted } from './names.js';

export interface NewColumnPlace {
  /** The table, in its schema and quoted. */
  readonly place: string;
  /** Physical names of the columns it stands for: what a role may do with all of them, it may do with this one. */
  readonly like: readonly string[];
  /** The table they are in. Default: the same. */
  readonly of?: string;
}

/** Adds a column that may be null, with its comment and the rights that roles have to single columns. */
export function newColumnSql({ physical, type, comment }: Column, { place, like, of = place }: NewColumnPlace) {
  const names = like.map((column) => literal(column)).join(', ');
  return [
    `alter table ${place} add column ${quoted(physical)} ${type}`,
    ...(comment === undefined ? [] : [`comment on column ${place}.${quoted(physical)} is ${literal(comment)}`]),
    `do $sluice$ declare item record; begin
  for item in select privilege_type, bool_and(is_grantable) as is_grantable,
      case grantee when 0 then 'public' else quote_ident(pg_get_userbyid(grantee)) end as role
    from pg_attribute, aclexplode(attacl) where attrelid = ${literal(of)}::regclass and attname in (${names})
    group by privilege_type, grantee having count(distinct attname) = ${like.length}
  loop execute format('grant %s (%I) on %s to %s%s', item.privilege_type, ${literal(physical)}, ${literal(place)}, item.role,
    case when item.is_grantable then ' with grant option' else '' end);
  end loop;
end $sluice$`,
  ];
}
