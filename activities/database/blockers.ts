import type { Connection } from './connection.js';

/** A session that holds what another waits for. */
export interface Blocker {
  readonly pid: number;
  /** When its transaction began: with the pid it tells this transaction from a later one of the same session. */
  readonly transaction: string | null;
  /** `pid 4711 (shop-1, idle in transaction, in its transaction for 12 s): update customers set …` */
  readonly description: string;
}

interface SessionRow {
  readonly pid: number;
  readonly application_name: string | null;
  readonly state: string | null;
  readonly age: number | null;
  readonly query: string | null;
  readonly transaction: string | null;
}

const sessionColumns = `coalesce(pid, 0) as pid, application_name, state, query, xact_start::text as transaction,
  extract(epoch from clock_timestamp() - xact_start)::float as age`;

/** Those the session `pid` waits for now; empty when it does not wait. */
export async function readBlockers(watcher: Connection, pid: number): Promise<readonly Blocker[]> {
  const { rows } = await watcher.query<SessionRow>(
    `select distinct ${sessionColumns} from unnest(${blockingPids}) as blocking (pid) left join pg_stat_activity using (pid)`,
    [pid],
  );
  return rows.map(toBlocker);
}

/** To find blockers the server stops its whole lock table for a moment, so it is asked first whether there are any. */
const blockingPids = `case when (select wait_event_type from pg_stat_get_activity($1)) = 'Lock' then pg_blocking_pids($1) end`;

/** Who holds the session-level advisory lock `key`. */
export async function readLockHolders(watcher: Connection, key: bigint): Promise<readonly Blocker[]> {
  const { rows } = await watcher.query<SessionRow>(
    `select ${sessionColumns} from pg_locks join pg_stat_activity using (pid)
     where locktype = 'advisory' and granted and objsubid = 1
       and database = (select oid from pg_database where datname = current_database())
       and (classid::bigint << 32 | objid::bigint) = $1`,
    [String(key)],
  );
  return rows.map(toBlocker);
}

/** Those of `blockers` whose transaction still goes on. */
export async function stillBlocking(watcher: Connection, blockers: readonly Blocker[]): Promise<readonly Blocker[]> {
  const { rows } = await watcher.query<{ pid: number; transaction: string | null }>(
    'select pid, xact_start::text as transaction from pg_stat_activity where pid = any($1)',
    [blockers.map((blocker) => blocker.pid)],
  );
  return blockers.filter((blocker) =>
    rows.some((row) => row.pid === blocker.pid && row.transaction !== null && row.transaction === blocker.transaction),
  );
}

export function describeBlockers(blockers: readonly Blocker[]): string {
  if (blockers.length === 0) return 'a session that could not be seen';
  return blockers.map((blocker) => blocker.description).join('; ');
}

function toBlocker(row: SessionRow): Blocker {
  const { pid, transaction } = row;
  if (pid === 0) return { pid, transaction, description: 'a prepared transaction (see pg_prepared_xacts)' };
  const facts = [
    row.application_name || 'no application_name',
    row.state ?? 'state hidden from this role',
    row.age === null ? 'in no transaction' : `in its transaction for ${formatAge(row.age)}`,
  ];
  return { pid, transaction, description: `pid ${pid} (${facts.join(', ')}): ${withoutValues(row.query ?? '')}` };
}

function formatAge(seconds: number): string {
  return seconds < 120 ? `${seconds.toFixed(1)} s` : `${Math.floor(seconds / 60)} min`;
}

/** Other people's statements may carry other people's data. The server cuts long ones, so the last string may be open. */
function withoutValues(query: string): string {
  const text = query
    .replace(/'[^']*('|$)/g, "'…'")
    .replace(/\s+/g, ' ')
    .trim();
  return text.length > 120 ? `${text.slice(0, 120)}…` : text;
}
