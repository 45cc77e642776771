import { columnsRead, overRow, valueOf } from './expression.js';
import { fitName, literal, qualified, quoted } from './names.js';
import type { Scope, Sync, SyncDown, SyncExpression, SyncUp } from './operation.js';

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
  const updates = hasNewColumns(syncs);
  const onInsert = quoted(fitName(`${base}_insert`));
  const onUpdate = quoted(fitName(`${base}_update`));
  const compared = [...new Set(pairsOf(syncs).flatMap(columnsOf))];
  const create = [
    `create function ${name}() returns trigger language plpgsql set search_path to ${searchPath(schema)} as ${literal(body(order))}`,
    `create trigger ${onInsert} before insert on ${place} for each row execute function ${name}()`,
    `alter table ${place} enable always trigger ${onInsert}`,
  ];
  if (updates) {
    const changed = isOther(compared, (side, column) => `${side}.${quoted(column)}`);
    create.push(
      `create trigger ${onUpdate} before update on ${place} for each row
       when (not ${isFill(order.marker)} and ${notFilling} and (OLD.${quoted(order.marker)} is null or ${changed})) execute function ${name}()`,
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

/**
 * Told by the row itself: asking for a setting is felt where millions of rows are filled. A marker never becomes null again,
 * so whoever writes a row back as it was read cannot make true of null.
 */
const isFill = (marker: string) => `(OLD.${quoted(marker)} is null and NEW.${quoted(marker)} is true)`;

function searchPath(schema: string): string {
  return [...new Set([schema, 'public'])].map(quoted).join(', ');
}

/** Whether there are rows to be filled, and a marker of those that are. */
export function hasNewColumns(syncs: readonly Sync[]): boolean {
  return pairsOf(syncs).length > 0;
}

interface Pair {
  readonly ups: readonly SyncUp[];
  readonly downs: readonly SyncDown[];
  /** Of the sync, in the names of variables. */
  readonly index: number;
}

function pairsOf(syncs: readonly Sync[]): readonly Pair[] {
  return syncs.map(({ ups = [], downs = [] }, index) => ({ ups, downs, index })).filter(({ ups }) => ups.length > 0);
}

/** What decides which side changed. */
function columnsOf({ ups, downs }: Pair): readonly string[] {
  return [...ups.flatMap((up) => [...inputsOf(up), up.column]), ...downs.map(({ column }) => column)];
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
  const pairs = pairsOf(syncs);
  const lone = syncs.flatMap(({ ups = [], downs = [] }) => (ups.length === 0 ? downs.map(onInsertAlone) : []));
  const fills = pairs.length > 0;
  const flags = pairs.flatMap((pair) => [newWrote(pair), ...pair.ups.map((_, at) => oldWrote(pair, at))]);
  return `
declare
${flags.map((flag) => `  ${flag} boolean;`).join('\n')}
${fills ? '  written record; was_filled boolean; is_filled boolean := true; is_computed boolean := false;' : ''}
begin
${fills ? `  if TG_OP = 'UPDATE' then was_filled := OLD.${quoted(marker)}; end if;` : ''}
${pairs.map(whoWrote).join('')}
${pairs.map(completed).join('')}
${pairs.map(writtenByNew).toReversed().join('')}
${lone.join('')}
${fills ? '  written := NEW;' : ''}
${pairs.flatMap((pair) => pair.ups.map((up, at) => writtenByOld(up, { wrote: newWrote(pair), read: oldWrote(pair, at) }))).join('')}
${pairs.flatMap((pair) => pair.ups.map((up) => acceptable(up, newWrote(pair)))).join('')}
${fills ? `  NEW.${quoted(marker)} := is_filled;` : ''}
  return NEW;
end`;
}

function newWrote({ index }: Pair): string {
  return `new_wrote_${index}`;
}

/** Whether the old version wrote what the new column at that place is computed from. */
function oldWrote({ index }: Pair, at: number): string {
  return `old_wrote_${index}_${at}`;
}

/** Told before anything is assigned: what the new version wrote back into an old column, the old one did not write. */
function whoWrote(pair: Pair): string {
  const { ups, downs } = pair;
  const other = (columns: readonly string[]) => isOther(columns, (side, name) => `${side}.${quoted(name)}`);
  const byNew = [
    ...ups.map(({ column }) => `NEW.${quoted(column)} is not null`),
    ...downs.filter(({ required }) => required).map(({ column }) => `NEW.${quoted(column)} is null`),
  ];
  return `
  if TG_OP = 'INSERT' then
    ${newWrote(pair)} := ${byNew.join(' or ')}; ${ups.map((_, at) => `${oldWrote(pair, at)} := true;`).join(' ')}
  else
    ${newWrote(pair)} := ${other(ups.map(({ column }) => column))};
    ${ups.map((up, at) => `${oldWrote(pair, at)} := ${other(inputsOf(up))};`).join(' ')}
  end if;`;
}

/** A row that is not filled yet, and of which the new version wrote one new column of several: the others first. */
function completed(pair: Pair): string {
  if (pair.ups.length < 2) return '';
  const values = pair.ups.map((up) => {
    const isUntouched = `not ${isOther([up.column], (side, name) => `${side}.${quoted(name)}`)}`;
    return `
    if NEW.${quoted(up.column)} is null and ${isUntouched} then ${attempt(up)} end if;`;
  });
  return `
  if TG_OP = 'UPDATE' and was_filled is not true and ${newWrote(pair)} then${values.join('')}
  end if;`;
}

/** From the last operation to the first: what a later one writes back is what an earlier one has to pass on. */
function writtenByNew(pair: Pair): string {
  if (pair.downs.length === 0) return '';
  return `
  if ${newWrote(pair)} then ${pair.downs.map((down) => `${assign(down)};`).join(' ')} end if;`;
}

function onInsertAlone(down: SyncExpression): string {
  return `
  if TG_OP = 'INSERT' and NEW.${quoted(down.column)} is null then ${assign(down)}; end if;`;
}

/**
 * A row that could not be filled is tried again with each write; one that never was, with the first. What an earlier
 * operation has computed just now, a later one passes on.
 */
function writtenByOld(up: SyncUp, flags: { readonly wrote: string; readonly read: string }): string {
  const target = `NEW.${quoted(up.column)}`;
  const passedOn = isOther(inputsOf(up), (side, name) => `${side === 'OLD' ? 'written' : 'NEW'}.${quoted(name)}`);
  return `
  if not ${flags.wrote} and (${flags.read} or was_filled is null or (not was_filled and ${target} is null) or ${passedOn}) then
    is_computed := true; ${attempt(up)}
  end if;`;
}

function attempt(up: SyncUp): string {
  return `begin
      ${assign(up)};
    exception when others then
      NEW.${quoted(up.column)} := null; is_filled := false;
    end;`;
}

/** Asked when all values are there. What the new version itself wrote, its constraints refuse. */
function acceptable({ column, accepts = [] }: SyncUp, wrote: string): string {
  const refuse = `NEW.${quoted(column)} := null; is_filled := false;`;
  return accepts
    .map(
      ({ expression, scope }) => `
  if is_computed and not ${wrote} then
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
