import { writeSync } from 'node:fs';
import { ClientError } from './client-error.js';
import { exits } from './exit-codes.js';
import { errorText } from './error-text.js';
import type { ErrorReport, Report } from './reports.js';

/** Options every command has. */
export interface GlobalOptions {
  readonly json?: boolean;
}

/** Runs a command, prints its report, and sets the exit code. */
export async function run(options: GlobalOptions, command: () => Promise<Report>): Promise<void> {
  try {
    const report = await command();
    print(1, options.json ? JSON.stringify(report.document, null, 2) : report.text);
    process.exitCode = exits[report.exit].code;
  } catch (error) {
    printError(options, error);
  }
}

/** A refusal as text on stderr; with `--json` also as the one document on stdout. */
export function printError(options: GlobalOptions, error: unknown): void {
  const known = error instanceof ClientError ? error : unexpected(error);
  if (options.json) printErrorDocument(known);
  print(2, errorText(known));
  process.exitCode = exits[known.exit].code;
}

export function printErrorDocument({ exit, code, message, remedy, problems }: ClientError): void {
  const document: ErrorReport = {
    error: { code, message, remedy, ...(problems.length === 0 ? {} : { problems }) },
    exitCode: exits[exit].code,
  };
  print(1, JSON.stringify(document, null, 2));
}

/** Synchronous, so that nothing is lost when the process ends right after. */
export function print(stream: 1 | 2, text: string): void {
  if (text === '') return;
  const bytes = Buffer.from(`${text}\n`);
  for (let written = 0; written < bytes.length;) {
    try {
      written += writeSync(stream, bytes, written);
    } catch (error) {
      // A full pipe wants another try.
      if ((error as NodeJS.ErrnoException).code !== 'EAGAIN') endAsBySigpipe(error as NodeJS.ErrnoException);
    }
  }
}

/** The reader has gone (`sluice watch | head`): ends as a program does that is killed by SIGPIPE. Throws anything else. */
export function endAsBySigpipe(error: NodeJS.ErrnoException): never {
  if (error.code === 'EPIPE') process.exit(141);
  throw error;
}

function unexpected(error: unknown): ClientError {
  const message = error instanceof Error ? (error.stack ?? error.message) : String(error);
  return new ClientError({
    exit: 'failure',
    message,
    remedy: 'This is a fault of sluice or of its configuration; please report it with the text above.',
    cause: error,
  });
}
