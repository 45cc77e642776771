import { columnsRead, overRow, valueOf } from './expression.js';
import { fitName, literal, qualified, quoted } from './names.js';
import type { Scope, Sync, SyncExpression } from './operation.js';

export interface SyncTriggerOrder {
  readonly schema: string;
  /** Physical name. */
  readonly table: string;
  /** In the order of the operations. */
  readonly syncs: readonly Sync[];
  readonly marker: string;
  /** The migration's place in the history: what is open at a time fires in this order. */
  readonly order: number;
}

export interface SyncTrigger {
  readonly create: readonly string[];
  readonly drop: readonly string[];
}

/**
 * Keeps the old and the new form of a row the same while both versions write.
 *
 * Which side a write changed it sees by comparing the row before and after, byte by byte: a session's settings say
 * nothing about that, and an equality that takes `Ann` for `ann` would lose a write. It assigns NEW alone. Its name sorts
 * behind others, so that it sees what the service's own triggers made of the row.
 */
export function syncTrigger(order: SyncTriggerOrder): SyncTrigger {
  const { schema, table, syncs } = order;
  const place = qualified(schema, table);
  const base = `~sluice_${String(order.order).padStart(6, '0')}_${table}`;
  const name = qualified(schema, fitName(base));
  const updates = syncs.some(({ up }) => up !== undefined);
  const onInsert = quoted(fitName(`${base}_insert`));
  const onUpdate = quoted(fitName(`${base}_update`));
  const compared = [...new Set(syncs.filter(({ up }) => up !== undefined).flatMap(columnsOf))];
  const create = [
    `create function ${name}() returns trigger language plpgsql set search_path to ${searchPath(schema)} as ${literal(body(order))}`,
    `create trigger ${onInsert} before insert on ${place} for each row execute function ${name}()`,
    `alter table ${place} enable always trigger ${onInsert}`,
  ];
  if (updates) {
    const changed = isOther(compared, (side, column) => `${side}.${quoted(column)}`);
    create.push(
      `create trigger ${onUpdate} before update on ${place} for each row
       when (${notFilling} and ${changed}) execute function ${name}()`,
      `alter table ${place} enable always trigger ${onUpdate}`,
    );
  }
  return {
    create,
    drop: [onInsert, onUpdate]
      .map((trigger) => `drop trigger if exists ${trigger} on ${place}`)
      .concat(`drop function if exists ${name}()`),
  };
}

/** A session that fills rows says so, and is left alone: it writes the new columns itself. */
export const fillingSetting = 'sluice.filling';
const notFilling = `current_setting('${fillingSetting}', true) is distinct from 'on'`;

function searchPath(schema: string): string {
  return [...new Set([schema, 'public'])].map(quoted).join(', ');
}

/** What decides which side changed. */
function columnsOf({ up, down }: Sync): readonly string[] {
  return [...(up === undefined ? [] : [...inputsOf(up), up.column]), ...(down === undefined ? [] : [down.column])];
}

function inputsOf({ expression, scope }: SyncExpression): readonly string[] {
  return columnsRead(expression, scope).map(({ physical }) => physical);
}

/** As images, so that it works for types without an equality, and no two different values count as the same. */
function isOther(columns: readonly string[], side: (side: 'OLD' | 'NEW', column: string) => string): string {
  if (columns.length === 0) return 'false';
  const row = (of: 'OLD' | 'NEW') => `row(${columns.map((column) => side(of, column)).join(', ')})`;
  return `pg_catalog.record_image_ne(${row('OLD')}, ${row('NEW')})`;
}

function body({ syncs, marker }: SyncTriggerOrder): string {
  const filled = `NEW.${quoted(marker)}`;
  const hasUp = syncs.some(({ up }) => up !== undefined);
  const flags = syncs.map((_, index) => `  new_wrote_${index} boolean := false;`);
  const downs = syncs.flatMap((sync, index) => (sync.up === undefined ? [] : [writtenByNew(sync, index)])).toReversed();
  const lone = syncs.flatMap((sync) => (sync.up === undefined && sync.down ? [onInsertAlone(sync.down)] : []));
  const ups = syncs.flatMap((sync, index) => (sync.up === undefined ? [] : [writtenByOld(sync.up, marker, index)]));
  return `
declare
${flags.join('\n')}
  is_filled boolean := true;
begin
${[...downs, ...lone, ...ups].join('\n')}
${hasUp ? `  ${filled} := is_filled;` : ''}
  return NEW;
end`;
}

/** From the last operation to the first: what a later one writes back is what an earlier one has to pass on. */
function writtenByNew({ up, down }: Sync, index: number): string {
  if (up === undefined) return '';
  const column = quoted(up.column);
  return `
  if TG_OP = 'INSERT' then new_wrote_${index} := NEW.${column} is not null;
  else new_wrote_${index} := ${isOther([up.column], (side, name) => `${side}.${quoted(name)}`)};
  end if;
  if new_wrote_${index} then ${down === undefined ? 'null' : assign(down)}; end if;`;
}

function onInsertAlone(down: SyncExpression): string {
  return `
  if TG_OP = 'INSERT' and NEW.${quoted(down.column)} is null then ${assign(down)}; end if;`;
}

/** A row that could not be filled is tried again with each write; one that never was, with the first. */
function writtenByOld(up: NonNullable<Sync['up']>, marker: string, index: number): string {
  const target = `NEW.${quoted(up.column)}`;
  const old = `OLD.${quoted(marker)}`;
  const changed = isOther(inputsOf(up), (side, name) => `${side}.${quoted(name)}`);
  const refused = (up.accepts ?? []).map(({ expression, scope }) => `(${fromRow(expression, scope)}) is false`);
  return `
  if not new_wrote_${index} then
    if TG_OP = 'INSERT' or ${old} is null or (${old} is false and OLD.${quoted(up.column)} is null) or ${changed} then
      begin
        ${assign(up)};
${refused.map((condition) => `        if ${condition} then ${target} := null; is_filled := false; end if;`).join('\n')}
      exception when others then
        ${target} := null;
        is_filled := false;
      end;
    end if;
  end if;`;
}

function assign({ column, type, expression, scope }: SyncExpression): string {
  return `NEW.${quoted(column)} := (${fromRow(valueOf(expression, type), scope)})`;
}

function fromRow(expression: string, scope: Scope): string {
  return overRow(expression, scope, (physical) => `NEW.${quoted(physical)}`);
}
