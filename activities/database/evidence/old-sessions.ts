import type { Connection } from '../connection.js';
import type { Migration } from '../schema-engine.js';

/**
 * Sessions of this database that carry the service's name with another version's, the idle ones of a pool included:
 * `pid 4711 "shop-1" from 10.0.0.7, idle for 12 s, connected for 4 min`.
 */
export async function readOldSessions(connection: Connection, { sessions }: Migration): Promise<readonly string[]> {
  if (sessions === undefined) return [];
  const { rows } = await connection.query<OldSession>(
    `select pid, application_name, host(client_addr) as client, state,
       extract(epoch from clock_timestamp() - state_change)::float8 as in_state,
       extract(epoch from clock_timestamp() - backend_start)::float8 as connected
     from pg_stat_activity
     where datname = current_database() and application_name like $1 and application_name <> $2 and pid <> pg_backend_pid()
     order by backend_start`,
    [likePattern(sessions.pattern), asServerKeepsIt(sessions.current)],
  );
  return rows.map(describe);
}

interface OldSession {
  readonly pid: number;
  readonly application_name: string;
  readonly client: string | null;
  readonly state: string | null;
  readonly in_state: number | null;
  /** `null` with all the rest where this role is shown no more than the name. */
  readonly connected: number | null;
}

/** In the pattern only `%` is special; an underscore is a letter. */
export function likePattern(pattern: string): string {
  return asServerKeepsIt(pattern).replaceAll('\\', '\\\\').replaceAll('_', '\\_');
}

/** Names are cut after 63 bytes. */
function asServerKeepsIt(name: string): string {
  return Buffer.from(name).subarray(0, 63).toString();
}

function describe(row: OldSession): string {
  const session = `pid ${row.pid} "${row.application_name}"`;
  if (row.connected === null) return `${session}, of which this role is shown no more: grant pg_read_all_stats to it`;
  const state = row.in_state === null ? (row.state ?? 'in no state') : `${row.state} for ${age(row.in_state)}`;
  return `${session} from ${row.client ?? 'a local socket'}, ${state}, connected for ${age(row.connected)}`;
}

function age(seconds: number): string {
  return seconds < 120 ? `${Math.floor(seconds)} s` : `${Math.floor(seconds / 60)} min`;
}
