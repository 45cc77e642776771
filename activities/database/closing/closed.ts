import { handLane } from '../../../domain/schema-change.js';
import type { Connection } from '../connection.js';
import { hasClosed } from '../own-tables.js';

/** A row of sluice.schema_closed, without the rights. */
export interface Closed {
  readonly schema: string;
  readonly relid: string;
  /** Whether the relation of this number is still the one that was closed. */
  readonly isThere: boolean;
  /** Its name when it was closed, qualified and quoted. */
  readonly place: string;
  readonly columns?: readonly string[];
  readonly keptOut: readonly string[];
  /** Whose lane has closed it. Absent in rows of an earlier version of sluice: these are everybody's. */
  readonly lane?: string;
  readonly by: string;
  /** Epoch milliseconds. */
  readonly since: number;
}

/** Whose closings they are. */
export interface Closer {
  /** Where the history is. */
  readonly schema: string;
  readonly lane: string;
}

/** Of all schemas and lanes. A table that is older than a column of it has it with the next closing. */
export async function readClosed(connection: Connection): Promise<readonly Closed[]> {
  if (!(await hasClosed(connection))) return [];
  const { rows } = await connection.query<Closed & { readonly columns: string[] | null; readonly lane: string | null }>(
    `select schema_name as schema, relid::text, relation as place, columns, kept_out as "keptOut",
       exists (select from pg_class where oid = relid and reltype = coalesce((to_jsonb(closed) ->> 'row_type')::oid, reltype)) as "isThere",
       to_jsonb(closed) ->> 'lane' as lane, closed_by as by, extract(epoch from closed_at)::float8 * 1000 as since
     from sluice.schema_closed as closed order by closed_at, relation`,
  );
  return rows.map(({ columns, lane, ...row }) => ({
    ...row,
    ...(columns === null ? {} : { columns }),
    ...(lane === null ? {} : { lane }),
  }));
}

/** A number that was given anew is another relation's. */
export function isOf(closed: Pick<Closed, 'relid' | 'isThere'>, { relid }: Pick<Closed, 'relid'>): boolean {
  return closed.isThere && closed.relid === relid;
}

export function isOwn(closed: Pick<Closed, 'schema' | 'lane'>, { schema, lane }: Closer): boolean {
  return closed.schema === schema && (closed.lane ?? lane) === lane;
}

export async function readOwnClosed(connection: Connection, closer: Closer): Promise<readonly Closed[]> {
  return (await readClosed(connection)).filter((closed) => isOwn(closed, closer));
}

/** Who has closed it, and how that ends. */
export function describeCloser({ lane = handLane }: Pick<Closed, 'lane'>): string {
  return `${lane}; end what has closed it, or give them back with \`${reopenCommand(lane)}\``;
}

function reopenCommand(lane: string): string {
  return `sluice db contract --reopen${lane === handLane ? '' : ` --lane ${lane}`}`;
}
