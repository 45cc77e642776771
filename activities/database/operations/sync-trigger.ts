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
  const pairs = syncs.flatMap(({ up, down }, index) => (up === undefined ? [] : [{ up, down, index }]));
  const lone = syncs.flatMap((sync) => (sync.up === undefined && sync.down ? [onInsertAlone(sync.down)] : []));
  const fills = pairs.length > 0;
  return `
declare
${pairs.map(({ index }) => `  new_wrote_${index} boolean; old_wrote_${index} boolean;`).join('\n')}
${fills ? '  written record; was_filled boolean; is_filled boolean := true; is_computed boolean := false;' : ''}
begin
${fills ? `  if TG_OP = 'UPDATE' then was_filled := OLD.${quoted(marker)}; end if;` : ''}
${pairs.map(whoWrote).join('')}
${pairs.map(writtenByNew).toReversed().join('')}
${lone.join('')}
${fills ? '  written := NEW;' : ''}
${pairs.map(({ up, index }) => writtenByOld(up, index)).join('')}
${pairs.map(({ up, index }) => acceptable(up, index)).join('')}
${fills ? `  NEW.${quoted(marker)} := is_filled;` : ''}
  return NEW;
end`;
}

type Up = NonNullable<Sync['up']>;

interface Pair {
  readonly up: Up;
  readonly down?: Sync['down'] | undefined;
  readonly index: number;
}

/** Told before anything is assigned: what the new version wrote back into an old column, the old one did not write. */
function whoWrote({ up, down, index }: Pair): string {
  const byNull = down?.required === true ? ` or NEW.${quoted(down.column)} is null` : '';
  const other = (columns: readonly string[]) => isOther(columns, (side, name) => `${side}.${quoted(name)}`);
  return `
  if TG_OP = 'INSERT' then new_wrote_${index} := NEW.${quoted(up.column)} is not null${byNull}; old_wrote_${index} := true;
  else new_wrote_${index} := ${other([up.column])}; old_wrote_${index} := ${other(inputsOf(up))};
  end if;`;
}

/** From the last operation to the first: what a later one writes back is what an earlier one has to pass on. */
function writtenByNew({ down, index }: Pair): string {
  if (down === undefined) return '';
  return `
  if new_wrote_${index} then ${assign(down)}; end if;`;
}

function onInsertAlone(down: SyncExpression): string {
  return `
  if TG_OP = 'INSERT' and NEW.${quoted(down.column)} is null then ${assign(down)}; end if;`;
}

/**
 * A row that could not be filled is tried again with each write; one that never was, with the first. What an earlier
 * operation has computed just now, a later one passes on.
 */
function writtenByOld(up: Up, index: number): string {
  const target = `NEW.${quoted(up.column)}`;
  const passedOn = isOther(inputsOf(up), (side, name) => `${side === 'OLD' ? 'written' : 'NEW'}.${quoted(name)}`);
  return `
  if not new_wrote_${index} and (old_wrote_${index} or was_filled is null or (not was_filled and ${target} is null) or ${passedOn}) then
    is_computed := true;
    begin
      ${assign(up)};
    exception when others then
      ${target} := null; is_filled := false;
    end;
  end if;`;
}

/** Asked when all values are there. What the new version itself wrote, its constraints refuse. */
function acceptable({ column, accepts = [] }: Up, index: number): string {
  const refuse = `NEW.${quoted(column)} := null; is_filled := false;`;
  return accepts
    .map(
      ({ expression, scope }) => `
  if is_computed and not new_wrote_${index} then
    begin
      if (${fromRow(expression, scope)}) is false then ${refuse} end if;
    exception when others then ${refuse}
    end;
  end if;`,
    )
    .join('');
}

function assign({ column, type, expression, scope }: SyncExpression): string {
  return `NEW.${quoted(column)} := (${fromRow(valueOf(expression, type), scope)})`;
}

function fromRow(expression: string, scope: Scope): string {
  return overRow(expression, scope, (physical) => `NEW.${quoted(physical)}`);
}
