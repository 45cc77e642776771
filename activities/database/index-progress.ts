import type { Connection } from './connection.js';

interface ProgressRow {
  readonly phase: string;
  readonly done: string;
  readonly total: string;
}

/** `, building index: scanning table (40 %)` of the first of `pids` that builds one; empty when none does. */
export async function describeBuild(connection: Connection, pids: readonly number[]): Promise<string> {
  // Each phase counts its own thing: blocks of the table, tuples, or sessions to wait for.
  const { rows } = await connection.query<ProgressRow>(
    `select phase, case when phase like 'waiting%' then lockers_done when tuples_total > 0 then tuples_done else blocks_done end as done,
       case when phase like 'waiting%' then lockers_total when tuples_total > 0 then tuples_total else blocks_total end as total
     from pg_stat_progress_create_index where pid = any($1)`,
    [pids],
  );
  const [row] = rows;
  if (row === undefined) return '';
  const [done, total] = [Number(row.done), Number(row.total)];
  return `, ${row.phase}${total > 0 ? ` (${Math.floor((100 * done) / total)} %)` : ''}`;
}
