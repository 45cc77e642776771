import { carryingSetting } from './column-movement.js';
import { fitName, literal, qualified, quoted } from './names.js';
import type { Sync, SyncExpression } from './operation.js';

export interface OldWriteOrder {
  readonly schema: string;
  /** Physical name. */
  readonly table: string;
  readonly syncs: readonly Sync[];
  /** The migration's place in the history. */
  readonly order: number;
}

/**
 * Tells when the old version still writes: a value into a column that only it sees. Each session leaves a mark in
 * `sluice.schema_old_write` at most once a second, in a row of its own, so that writers never wait for each other; what
 * cannot be marked is written nevertheless. Fires before the sync trigger, which makes both sides the same.
 */
export function oldWriteTrigger({ schema, table, syncs, order }: OldWriteOrder): {
  readonly create: readonly string[];
  readonly drop: readonly string[];
} {
  const onlyOld = syncs.flatMap(({ ups = [], downs = [] }) => (downs.length === 0 ? [] : [{ ups, downs }]));
  if (onlyOld.length === 0) return { create: [], drop: [] };
  const place = qualified(schema, table);
  // "!" sorts before "_", wherever a long name is cut.
  const base = `~sluice_${String(order).padStart(6, '0')}!${table}`;
  const name = qualified(schema, fitName(base));
  const changed = (columns: readonly SyncExpression[]) =>
    `pg_catalog.record_image_ne(row(${fieldsOf('OLD', columns)}), row(${fieldsOf('NEW', columns)}))`;
  const isNull = (columns: readonly SyncExpression[]) =>
    columns.map(({ column }) => `NEW.${quoted(column)} is null`).join(' and ');
  const updated = onlyOld.map(({ ups, downs }) =>
    ups.length === 0 ? changed(downs) : `(${changed(downs)} and not ${changed(ups)})`,
  );
  const inserted = onlyOld.flatMap(({ ups, downs }) => {
    const told = downs.filter(({ given }) => given !== true);
    return ups.length === 0 || told.length === 0 ? [] : [`(not (${isNull(told)}) and ${isNull(ups)})`];
  });
  const events = [
    { event: 'update', when: updated },
    { event: 'insert', when: inserted },
  ].filter(({ when }) => when.length > 0);
  const trigger = (event: string) => quoted(fitName(`${base}_${event}`));
  return {
    create: [
      // With its owner's rights: the service has none to what sluice keeps.
      `create function ${name}() returns trigger language plpgsql security definer set search_path to pg_catalog as ${literal(mark({ schema, table, order }))}`,
      ...events.map(
        ({ event, when }) => `create trigger ${trigger(event)} before ${event} on ${place} for each row
       when ((${when.join(' or ')}) and ${isDue(order)}) execute function ${name}()`,
      ),
    ],
    drop: [
      ...events.map(({ event }) => `drop trigger if exists ${trigger(event)} on ${place}`),
      `drop function if exists ${name}()`,
    ],
  };
}

function fieldsOf(row: 'OLD' | 'NEW', columns: readonly SyncExpression[]): string {
  return columns.map(({ column }) => `${row}.${quoted(column)}`).join(', ');
}

/** The second and the name the session has marked itself with last. */
const settingOf = (order: number) => `sluice.old_write_${order}`;

const stamp = `pg_catalog.date_trunc('second', pg_catalog.clock_timestamp())::text || ' ' || pg_catalog.current_setting('application_name')`;

function isDue(order: number): string {
  return `${notCarrying} and pg_catalog.current_setting('${settingOf(order)}', true) is distinct from ${stamp}`;
}

const notCarrying = `pg_catalog.current_setting('${carryingSetting}', true) is distinct from 'on'`;

function mark({ schema, table, order }: Omit<OldWriteOrder, 'syncs'>): string {
  return `
begin
  begin
    perform set_config('${settingOf(order)}', ${stamp}, false);
    insert into sluice.schema_old_write as mark (schema_name, place, table_name, pid, application_name)
    values (${literal(schema)}, ${order}, ${literal(table)}, pg_backend_pid(), current_setting('application_name'))
    on conflict (schema_name, place, table_name, pid, application_name) do update
    set marks = mark.marks + 1, last_at = clock_timestamp();
  exception when others then null;
  end;
  return NEW;
end`;
}
