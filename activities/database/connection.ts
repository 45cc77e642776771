import { Socket } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import pg from 'pg';
import { isReleaseError, ReleaseError } from '../../domain/failure.js';
import { type Ask, pidOf, sharesSessions } from './pooler.js';
import type { SourcePlace } from './source-place.js';
import { sqlstateOf, translateDatabaseError } from './sqlstate.js';

/** One session of the database, never pooled: settings, locks and the process id belong to it alone. */
export interface Connection {
  /** Process id of the server's end. */
  readonly pid: number;
  /** Errors are ReleaseErrors, with the place when one is given. */
  query<Row extends pg.QueryResultRow>(
    text: string,
    values?: readonly unknown[],
    place?: SourcePlace,
  ): Promise<pg.QueryResult<Row>>;
  /** Puts every setting and the role back to what the session began with. */
  reset(): Promise<void>;
  close(): Promise<void>;
  /** Cuts the line without a word; a query under way fails at once. */
  destroy(): void;
}

export interface ConnectionOptions {
  readonly url: string;
  readonly applicationName: string;
  /** Milliseconds; 0 is never. */
  readonly lockTimeoutMs: number;
  readonly statementTimeoutMs: number;
  /** How long after a statement's time is out the server may still be silent before it counts as gone. Default: 10,000. */
  readonly silenceMs?: number;
  /** Gets what `raise notice` says. */
  readonly log?: (line: string) => void;
}

/**
 * Errors: `database-unreachable`, `database-refused` also when a pooler answers, `secret-missing` when the URL is none. No
 * message holds any part of the URL.
 */
export async function connect(options: ConnectionOptions): Promise<Connection> {
  const socket = new Socket();
  const client = createClient(options.url, socket);
  let lost: unknown;
  // An idle client's connection loss is an event, and an unheard one ends the process.
  client.on('error', (error) => (lost ??= error));
  client.on('notice', (notice) => options.log?.(`${options.applicationName}: ${notice.message ?? ''}`));

  let turn: Promise<unknown> = Promise.resolve();
  const run = async <Row extends pg.QueryResultRow>(
    text: string,
    values?: readonly unknown[],
    place?: SourcePlace,
  ): Promise<pg.QueryResult<Row>> => {
    try {
      // Without values it goes as a simple query, which may hold several statements.
      return await answered(values === undefined ? client.query<Row>(text) : client.query<Row>(text, [...values]));
    } catch (error) {
      throw translateDatabaseError(lost ?? error, place);
    }
  };
  const silentMs = options.statementTimeoutMs + (options.silenceMs ?? 10_000);
  // The server ends a statement in time by itself. One that says nothing is gone, and its end of the line may never tell.
  const answered = async <T>(answer: Promise<T>): Promise<T> => {
    if (options.statementTimeoutMs === 0) return answer;
    const silence = setTimeout(() => {
      lost ??= new Error(`Connection terminated: the server said nothing for ${silentMs / 1000} s`);
      socket.destroy();
    }, silentMs);
    return answer.finally(() => clearTimeout(silence));
  };
  // The driver wants one query at a time; a watcher may be asked for two things at once.
  const query: Query = (...order) => {
    const result = turn.then(() => run<never>(...order));
    turn = result.catch(() => {});
    return result;
  };
  const destroy = () => void socket.destroy();
  const close = async () => {
    // A server that no longer answers does not close its end either.
    await Promise.race([client.end().catch(() => {}), sleep(closeTimeoutMs, undefined, { ref: false })]);
    destroy();
  };

  try {
    await client.connect();
    const pid = await directPid(client, query, options.url);
    const settings = await sessionSettings(query, options);
    const reset = async () => void (await query(settings));
    await reset();
    return { pid, query, reset, close, destroy };
  } catch (error) {
    await close();
    throw asUnreachable(translateDatabaseError(error));
  }
}

const connectTimeoutMs = 10_000;
const closeTimeoutMs = 1_000;
/** A transaction of ours waits for nothing but the next statement. A process that is frozen in one holds its locks for as long. */
const idleInTransactionMs = 10_000;

type Query = Connection['query'];

/** Certificates, protocols, a missing password: whatever keeps us out, without a code of its own. */
function asUnreachable(error: unknown): unknown {
  if (isReleaseError(error) || !(error instanceof Error)) return error;
  return new ReleaseError('database-unreachable', error.message, { cause: error });
}

function createClient(url: string, socket: Socket): pg.Client {
  try {
    return new pg.Client({
      connectionString: url,
      connectionTimeoutMillis: connectTimeoutMs,
      keepAlive: true,
      keepAliveInitialDelayMillis: 10_000,
      stream: () => socket,
    });
  } catch {
    // The driver's error holds the URL.
    throw new ReleaseError(
      'secret-missing',
      'expected the secret to be a connection URL like postgres://user:password@host:5432/database, found something else',
    );
  }
}

/** A server tells its process when it greets; a pooler tells a number of its own. */
async function directPid(client: pg.Client, query: Query, url: string): Promise<number> {
  const ask: Ask = (sql) => query(sql);
  const pid = await pidOf(ask);
  if (pid === (client as pg.Client & { readonly processID: number | null }).processID) return pid;
  const other = createClient(url, new Socket());
  other.on('error', () => {});
  try {
    await other.connect();
    if (!(await sharesSessions(ask, (sql) => other.query(sql)))) return pid;
  } finally {
    await other.end().catch(() => {});
  }
  throw new ReleaseError(
    'database-refused',
    'expected a direct connection to the database, found a pooler that gives one session to several clients; give sluice the address of the database itself',
  );
}

/** After connecting and not in the start-up message: there the URL's own parameters would win. */
async function sessionSettings(query: Query, options: ConnectionOptions): Promise<string> {
  const settings: Record<string, string> = {
    application_name: options.applicationName,
    lock_timeout: `${options.lockTimeoutMs}ms`,
    statement_timeout: `${options.statementTimeoutMs}ms`,
    idle_in_transaction_session_timeout: `${idleInTransactionMs}ms`,
    ...(await taken(query, 'client_connection_check_interval', '500ms')),
    // A phase's session may be silent for as long as others work for it.
    ...(await taken(query, 'idle_session_timeout', '0')),
  };
  const assignments = Object.entries(settings).map(([name, value]) => `set ${name} = ${pg.escapeLiteral(value)}`);
  return ['reset role', 'reset all', ...assignments].join('; ');
}

/** The setting where the server has it: from version 14, and the ends of clients are not noticed on every platform. */
async function taken(query: Query, name: string, value: string): Promise<Readonly<Record<string, string>>> {
  try {
    await query(`set ${name} = '${value}'`);
    return { [name]: value };
  } catch (error) {
    if (['42704', '22023'].includes(sqlstateOf(error) ?? '')) return {};
    throw error;
  }
}
