import type { HistoryEvent } from '../../domain/schema-change.js';
import type { Connection } from './connection.js';
import { hasEvents } from './own-tables.js';

/** All that was done in the database but running SQL files, oldest first. */
export async function readEvents(connection: Connection): Promise<readonly HistoryEvent[]> {
  if (!(await hasEvents(connection))) return [];
  const { rows } = await connection.query<HistoryEvent>(
    `select schema_name as schema, name, event, done_by as by, extract(epoch from done_at)::float8 * 1000 as at
     from sluice.schema_event order by id`,
  );
  return rows;
}

export async function recordEvent(connection: Connection, schema: string, name: string, event: string): Promise<void> {
  await connection.query('insert into sluice.schema_event (schema_name, name, event) values ($1, $2, $3)', [
    schema,
    name,
    event,
  ]);
}
