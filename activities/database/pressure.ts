import type { Pressure, Slot, Standby, Vacuum } from '../../domain/brakes.js';
import type { Connection } from './connection.js';

export interface SeenPressure extends Pressure {
  /** Whether the role may see standbys and vacuums; others are shown neither of them, and no error. */
  readonly seesOthers: boolean;
}

/** What the server is under now, in one statement of about a millisecond. `table` is a name as SQL has it. */
export async function readPressure(connection: Connection, table: string): Promise<SeenPressure> {
  const { rows } = await connection.query<PressureRow>(pressure, [table]);
  const [row] = rows;
  if (row === undefined) throw new Error('a statement without FROM gave no row');
  const { sees_others, written, standbys, slots, vacuums, live, dead, autovacuum } = row;
  return {
    seesOthers: sees_others,
    written,
    standbys: standbys.map((standby, index) => named(standby, standbys.slice(0, index))),
    archive: row.archives ? { last: row.archived, segmentBytes: row.segment_bytes, failing: row.failing } : undefined,
    slots,
    vacuums,
    rows: { live, dead, autovacuum },
  };
}

/** Where the server's log ends now. */
export async function readWritten(connection: Connection): Promise<number> {
  const { rows } = await connection.query<{ written: number }>(
    `select pg_wal_lsn_diff(pg_current_wal_insert_lsn(), '0/0')::float8 as written`,
  );
  return rows[0]?.written ?? 0;
}

/** On disk, with what is kept out of line; of a partitioned table nothing. */
export async function readTableBytes(connection: Connection, table: string): Promise<number> {
  const { rows } = await connection.query<{ bytes: number }>(
    'select coalesce(pg_table_size(to_regclass($1)), 0)::float8 as bytes',
    [table],
  );
  return rows[0]?.bytes ?? 0;
}

interface PressureRow {
  readonly sees_others: boolean;
  readonly written: number;
  readonly standbys: readonly Standby[];
  readonly archives: boolean;
  readonly segment_bytes: number;
  readonly archived: string | null;
  readonly failing: string | null;
  readonly slots: readonly Slot[];
  readonly vacuums: readonly Vacuum[];
  readonly live: number;
  readonly dead: number;
  readonly autovacuum: boolean;
}

/** Nothing keeps standbys from having the same name. */
function named(standby: Standby, before: readonly Standby[]): Standby {
  const same = before.filter(({ name }) => name === standby.name).length;
  return same === 0 ? standby : { ...standby, name: `${standby.name}, number ${same + 1}` };
}

/**
 * Who does not replay is no standby: a base backup, a receiver of the log. Logical replication shows in what its slot keeps.
 * `replay_lag` is not asked: it tells of the last log that was replayed, and stays low while a standby stands still.
 */
const standbys = `select coalesce(json_agg(json_build_object(
    'name', concat_ws(' at ', coalesce(nullif(application_name, ''), 'without a name'), host(client_addr)),
    'slot', slot_name, 'behind', pg_wal_lsn_diff(pg_current_wal_lsn(), replay_lsn), 'replayed', replay_lsn
  ) order by pid), '[]')
  from pg_stat_replication left join pg_replication_slots on active_pid = pid
  where state in ('streaming', 'catchup') and replay_lsn is not null and slot_type is distinct from 'logical'`;

const slots = `select coalesce(json_agg(json_build_object(
    'name', slot_name, 'kept', coalesce(pg_wal_lsn_diff(pg_current_wal_lsn(), restart_lsn), 0), 'left', safe_wal_size
  )), '[]')
  from pg_replication_slots where wal_status is distinct from 'lost'`;

const vacuums = `select coalesce(json_agg(json_build_object(
    'pid', pid, 'scanned', case heap_blks_total when 0 then 1 else heap_blks_scanned::float8 / heap_blks_total end
  )), '[]')
  from pg_stat_progress_vacuum where datname = current_database()
    and (relid in (select relid from tree) or relid in (select reltoastrelid from tree join pg_class on oid = relid))`;

/** The table and its partitions; of a table that is none of either the server gives no tree. */
const tree = `tree as (select to_regclass($1)::oid as relid union select relid::oid from pg_partition_tree(to_regclass($1)))`;

const pressure = `with ${tree}
  select pg_has_role('pg_read_all_stats', 'usage') as sees_others,
    pg_wal_lsn_diff(pg_current_wal_lsn(), '0/0')::float8 as written,
    (${standbys}) as standbys, (${slots}) as slots, (${vacuums}) as vacuums,
    current_setting('archive_mode') <> 'off' as archives,
    pg_size_bytes(current_setting('wal_segment_size'))::float8 as segment_bytes,
    last_archived_wal as archived,
    case when last_failed_time > coalesce(last_archived_time, '-infinity') then last_failed_wal end as failing,
    live, dead, autovacuum
  from pg_stat_archiver, (
    select sum(greatest(pg_stat_get_live_tuples(oid), reltuples, 0))::float8 as live,
      sum(pg_stat_get_dead_tuples(oid))::float8 as dead,
      current_setting('autovacuum')::bool
        and bool_and(not coalesce(reloptions && '{autovacuum_enabled=false,autovacuum_enabled=off}', false)) as autovacuum
    from tree join pg_class on oid = relid where relkind <> 'p'
  ) as counted`;
