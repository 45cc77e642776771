import { type FailureCode, failures, isReleaseError } from '../domain/failure.js';
import type { SchemaRun } from '../domain/schema-change.js';
import { ClientError } from './client-error.js';
import type { ExitName } from './exit-codes.js';
import type { GlobalOptions } from './run.js';
import { openSchemaView } from './schema-view.js';

/** Shows how it goes, and stops it on Ctrl-C. Failures of the table become the command's. */
export async function runSchema<T>(options: GlobalOptions, act: (run: SchemaRun) => Promise<T>): Promise<T> {
  const interrupted = new AbortController();
  const stop = () => interrupted.abort();
  process.once('SIGINT', stop).once('SIGTERM', stop);
  const view = openSchemaView(options);
  try {
    return await askSchema(() => act({ signal: interrupted.signal, onProgress: (progress) => view.show(progress) }));
  } catch (error) {
    if (!interrupted.signal.aborted) throw error;
    throw new ClientError({ exit: 'stopped', message: 'interrupted; what was committed stands', remedy: goOn });
  } finally {
    view.close();
    process.off('SIGINT', stop).off('SIGTERM', stop);
  }
}

export async function askSchema<T>(ask: () => Promise<T>): Promise<T> {
  try {
    return await ask();
  } catch (error) {
    if (!isReleaseError(error)) throw error;
    const exit = exitOf(error.code);
    const remedy = exit === 'stopped' ? goOn : failures[error.code].remedy;
    throw new ClientError({ exit, code: error.code, message: error.message, remedy, cause: error });
  }
}

const goOn = 'Run the same command again once nothing is in its way: it goes on where it stopped.';

function exitOf(code: FailureCode): ExitName {
  if (code === 'database-unreachable' || code === 'database-refused') return 'unreachable';
  if (code === 'secret-missing') return 'usage';
  return code === 'migration-changed' || code === 'schema-drift' ? 'refused' : 'stopped';
}
