import { literal, quoted } from './names.js';

/**
 * Makes another column the identity. The sequence cannot go along: a new one of the same name goes on where it stopped, in
 * the same steps and within the same bounds, where these were stated and do not follow from the type.
 */
export function moveIdentity(place: string, { from, to }: { readonly from: string; readonly to: string }): string {
  return `do $sluice$ declare rules record; state record; begin
  select attidentity, format('%I.%I', nspname, relname) as name, concat_ws(' ',
      'start with ' || seqstart, 'increment by ' || seqincrement, 'cache ' || seqcache, case when seqcycle then 'cycle' end,
      case when seqmin not in (1, ${bound('seqtypid', '-')}) then 'minvalue ' || seqmin end,
      case when seqmax not in (-1, ${bound('seqtypid')}) then 'maxvalue ' || seqmax end) as options
    into rules from pg_attribute
    join pg_sequence on seqrelid = pg_get_serial_sequence(${literal(place)}, ${literal(from)})::regclass
    join pg_class on pg_class.oid = seqrelid join pg_namespace on pg_namespace.oid = relnamespace
    where attrelid = ${literal(place)}::regclass and attname = ${literal(from)};
  execute format('select last_value, is_called from %s', rules.name) into state;
  alter table ${place} alter column ${quoted(from)} drop identity;
  execute format('alter table %s alter column %I add generated %s as identity (sequence name %s %s)', ${literal(place)}, ${literal(to)},
    case rules.attidentity when 'a' then 'always' else 'by default' end, rules.name, rules.options);
  perform setval(rules.name::regclass, state.last_value, state.is_called);
end $sluice$`;
}

/** The one that a sequence of the type has where none is stated. */
function bound(type: string, sign: '' | '-' = ''): string {
  const [small, middle, big] =
    sign === '' ? ['32767', '2147483647', '9223372036854775807'] : ['-32768', '-2147483648', '-9223372036854775808'];
  return `case ${type} when 'smallint'::regtype then ${small} when 'integer'::regtype then ${middle} else ${big} end`;
}
