import { type Catalogue, type Column, placeOfTable, type Table } from './catalogue.js';
import { fitName, literal, qualified, quoted } from './names.js';
import type { Situation } from './operation.js';

/** A column, and one of another table that stands for the same. */
export interface Movement {
  readonly from: Table;
  readonly to: Table;
  readonly column: Column;
  readonly moved: Column;
  /** A row of `from` belongs to the row of `to` with the same value. */
  readonly key: { readonly from: Column; readonly to: Column };
}

/** While a value comes from the other table, what is written into this one is nobody's write. */
export const carryingSetting = 'sluice.carrying';

interface CrossTrigger {
  readonly create: readonly string[];
  readonly drop: readonly string[];
}

/**
 * Carries each write over to the other table. Neither goes round: what is the same already is not written again.
 *
 * They run as their owner, because who may write the one table need not have rights to the other.
 */
export function moveTriggers(
  { from, to, column, moved, key }: Movement,
  { catalogue, names }: Situation,
): { readonly out: CrossTrigger; readonly back: CrossTrigger } {
  const stem = `${from.physical}_${column.physical}_${to.physical}`;
  const [here, there] = [
    { table: from, column, key: key.from },
    { table: to, column: moved, key: key.to },
  ];
  return {
    out: crossTrigger({ here, there, name: names.standIn(stem, 'out'), guard: 'false', settings: '' }, catalogue),
    back: crossTrigger(
      {
        here: there,
        there: here,
        name: names.standIn(stem, 'back'),
        // Before the row was filled it may hold what was never anybody's.
        guard: `NEW.${quoted(names.marker)} is null or (not NEW.${quoted(names.marker)} and NEW.${quoted(moved.physical)} is null)`,
        // Writers of both versions lock the rows in opposite orders: before the server ends one of them, the new one gives up.
        settings: ` set lock_timeout to '500ms'`,
      },
      catalogue,
    ),
  };
}

interface Side {
  readonly table: Table;
  readonly column: Column;
  readonly key: Column;
}

interface CrossOrder {
  readonly here: Side;
  readonly there: Side;
  readonly name: string;
  /** Over NEW: what is not carried over. */
  readonly guard: string;
  readonly settings: string;
}

function crossTrigger({ here, there, name, guard, settings }: CrossOrder, catalogue: Catalogue): CrossTrigger {
  const routine = qualified(catalogue.schema, name);
  const place = placeOfTable(catalogue, here.table);
  const [onInsert, onUpdate] = [quoted(fitName(`${name}_insert`)), quoted(fitName(`${name}_update`))];
  const row = (side: 'OLD' | 'NEW') =>
    `row(${side}.${quoted(here.column.physical)}, ${side}.${quoted(here.key.physical)})`;
  const [written, value] = [quoted(there.column.physical), `NEW.${quoted(here.column.physical)}`];
  const body = `
begin
  if ${guard} then return null; end if;
  perform pg_catalog.set_config('${carryingSetting}', 'on', true);
  update ${placeOfTable(catalogue, there.table)} as sluice_there set ${written} = ${value}
    where sluice_there.${quoted(there.key.physical)} = NEW.${quoted(here.key.physical)}
      and pg_catalog.record_image_ne(row(sluice_there.${written}), row(${value}));
  perform pg_catalog.set_config('${carryingSetting}', '', true);
  return null;
end`;
  return {
    create: [
      `create function ${routine}() returns trigger language plpgsql security definer set search_path to ${quoted(catalogue.schema)}, public, pg_temp${settings} as ${literal(body)}`,
      `create trigger ${onInsert} after insert on ${place} for each row execute function ${routine}()`,
      `create trigger ${onUpdate} after update on ${place} for each row
         when (pg_catalog.record_image_ne(${row('OLD')}, ${row('NEW')})) execute function ${routine}()`,
      ...[onInsert, onUpdate].map((trigger) => `alter table ${place} enable always trigger ${trigger}`),
    ],
    drop: [onInsert, onUpdate]
      .map((trigger) => `drop trigger if exists ${trigger} on ${place}`)
      .concat(`drop function if exists ${routine}()`),
  };
}
