import pg from 'pg';
import { type FailureCode, ReleaseError } from '../../domain/failure.js';
import { describePlace, type SourcePlace } from './source-place.js';

/** What goes away when others are done. */
export const lockStates: readonly string[] = ['55P03', '40P01', '40001'];

/** What a statement of ours is ended with by `statement_timeout`, or by somebody with `pg_cancel_backend`. */
export const cancelledState = '57014';

/** The disk or the memory is full. Whoever is let wait can make room; tried at once again it would be worse. */
export const noRoomStates: readonly string[] = ['53100', '53200'];

/** Two characters name a whole class, five a single state; what is in neither is the author's statement or data. */
const codes: Readonly<Record<string, FailureCode>> = {
  '55P03': 'database-locked',
  '40P01': 'database-locked',
  '40001': 'database-locked',
  '08': 'database-unreachable',
  // Authentication, and the name of the database. Retried all the same: a password may be in rotation.
  '28': 'database-refused',
  '3D000': 'database-refused',
  // A session that was ended, or has come to a standby.
  '25006': 'database-unreachable',
  '25P03': 'database-unreachable',
  '25P04': 'database-unreachable',
  '57P01': 'database-unreachable',
  '57P02': 'database-unreachable',
  '57P03': 'database-unreachable',
  '57P04': 'database-unreachable',
  '57P05': 'database-unreachable',
  // Connections, memory, disk used up; the system below the database.
  '53': 'database-unreachable',
  '58': 'database-unreachable',
};

const socketCodes: readonly string[] = [
  'ECONNREFUSED',
  'ECONNRESET',
  'ECONNABORTED',
  'EPIPE',
  'ETIMEDOUT',
  'ENOTFOUND',
  'EAI_AGAIN',
  'EHOSTUNREACH',
  'ENETUNREACH',
];

/** The driver's own words, which carry no code, for a connection that could not be made or is gone. */
const lostConnection =
  /^(Connection terminated|Client (has encountered|was closed)|timeout expired|The server does not)/;

/** Postgres's and the driver's errors as ReleaseErrors; anything else comes back unchanged. */
export function translateDatabaseError(error: unknown, place?: SourcePlace): unknown {
  if (error instanceof pg.DatabaseError) {
    const code = codes[error.code ?? ''] ?? codes[(error.code ?? '').slice(0, 2)] ?? 'migration-failed';
    return new ReleaseError(code, describe(error, place), { cause: error });
  }
  if (error instanceof Error && isLostConnection(error)) {
    const where = place === undefined ? '' : `${describePlace(place)}: `;
    return new ReleaseError('database-unreachable', `${where}${error.message || codeOf(error)}`, { cause: error });
  }
  return error;
}

/** The SQLSTATE behind an error, translated or not. */
export function sqlstateOf(error: unknown): string | undefined {
  const origin = error instanceof ReleaseError ? error.cause : error;
  return origin instanceof pg.DatabaseError ? origin.code : undefined;
}

function describe(error: pg.DatabaseError, place: SourcePlace | undefined): string {
  const position = error.position === undefined ? undefined : Number(error.position);
  const where = place === undefined ? '' : `${describePlace(place, position)}: `;
  const timeout = error.code === cancelledState ? '; nothing of it was kept' : '';
  return [
    `${where}${messageOf(error)} (SQLSTATE ${error.code})${timeout}`,
    error.detail && !isAboutRows(error) && `Detail: ${error.detail}`,
    error.hint && `Hint: ${error.hint}`,
    error.where && !quotesInput(error) && `Context: ${error.where.split('\n')[0]}`,
  ]
    .filter(Boolean)
    .join('. ');
}

/** What could not be read as a number or a date is quoted in the message: that, too, is a customer's value. */
function messageOf(error: pg.DatabaseError): string {
  return error.code?.startsWith('22') === true ? error.message.replace(/"[^]*"/, '"…"') : error.message;
}

/** The detail of a broken constraint quotes the row: customers' data, which must not reach histories and logs. */
function isAboutRows({ code = '' }: pg.DatabaseError): boolean {
  return code.startsWith('22') || code.startsWith('23');
}

/** The context of a value that could not be read holds the value, unless it is a place in a function. */
function quotesInput(error: pg.DatabaseError): boolean {
  return isAboutRows(error) && error.where?.startsWith('PL/pgSQL') !== true;
}

function isLostConnection(error: Error): boolean {
  return socketCodes.includes(codeOf(error)) || lostConnection.test(error.message);
}

function codeOf(error: Error): string {
  return 'code' in error ? String(error.code) : '';
}
