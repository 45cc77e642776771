import { ReleaseError } from '../../domain/failure.js';
import type { Connection } from './connection.js';

/** Throws `database-unreachable` at a standby, which may be one of a moment, and `database-refused` where writing was forbidden. */
export async function requireWritable(connection: Connection): Promise<void> {
  const { rows } = await connection.query<{ standby: boolean; read_only: boolean }>(
    `select pg_is_in_recovery() as standby, current_setting('default_transaction_read_only')::bool as read_only`,
  );
  if (rows[0]?.standby === true) {
    throw new ReleaseError(
      'database-unreachable',
      'expected a server that takes writes, found a standby; give sluice the address of the primary, or wait until this one is promoted',
    );
  }
  if (rows[0]?.read_only === true) {
    throw new ReleaseError(
      'database-refused',
      'expected a database that takes writes, found default_transaction_read_only on; whoever has set it, for the server, the database or the role, takes it back first',
    );
  }
}
