import { existsSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { ClientError } from './client-error.js';

/** What `sluice up` writes to `.sluice/stack.json`, as far as the client reads it. */
export interface StackFile {
  readonly file: string;
  /** `127.0.0.1:7233` */
  readonly temporalAddress: string;
  /** `http://127.0.0.1:8233` */
  readonly temporalUi?: string;
}

/** The stack of this folder, or of the nearest one above that has one. */
export function findStackFile(folder: string): StackFile | undefined {
  const file = path.join(folder, '.sluice', 'stack.json');
  if (existsSync(file)) return readStackFile(file);
  const parent = path.dirname(folder);
  return parent === folder ? undefined : findStackFile(parent);
}

function readStackFile(file: string): StackFile {
  const { temporalAddress, temporalUi } = (parse(file) ?? {}) as Record<string, unknown>;
  if (typeof temporalAddress !== 'string') {
    throw new ClientError({
      exit: 'failure',
      message: `expected "temporalAddress" in ${file}, found none`,
      remedy: 'Run `sluice down` and `sluice up`, or set TEMPORAL_ADDRESS.',
    });
  }
  return { file, temporalAddress, ...(typeof temporalUi === 'string' && temporalUi !== '' ? { temporalUi } : {}) };
}

function parse(file: string): unknown {
  try {
    return JSON.parse(readFileSync(file, 'utf8'));
  } catch {
    return undefined;
  }
}
