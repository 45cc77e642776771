import { existsSync, readFileSync, readdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import type { WorkflowHandle } from '@temporalio/client';
import { historyToJSON } from '@temporalio/common/lib/proto-utils.js';

const folder = fileURLToPath(new URL('histories', import.meta.url));

/** A run as its file keeps it: what `Worker.runReplayHistories` takes. */
export interface HistoryFile {
  readonly workflowId: string;
  readonly history: unknown;
}

export function readHistories(): readonly HistoryFile[] {
  const names = readdirSync(folder).filter((name) => name.endsWith('.json'));
  return names.sort().map((name) => ({
    workflowId: path.basename(name, '.json'),
    history: JSON.parse(readFileSync(path.join(folder, name), 'utf8')) as unknown,
  }));
}

export function hasHistory(name: string): boolean {
  return existsSync(path.join(folder, `${name}.json`));
}

export async function writeHistory(name: string, handle: Pick<WorkflowHandle, 'fetchHistory'>): Promise<void> {
  const history: unknown = JSON.parse(historyToJSON(await handle.fetchHistory()));
  writeFileSync(path.join(folder, `${name}.json`), `${JSON.stringify(history, withoutPlace, 1)}\n`);
}

/** Who recorded it, on which machine and out of which folder is nobody's business. */
function withoutPlace(key: string, value: unknown): unknown {
  switch (key) {
    case 'identity':
      return 'recorder';
    case 'stackTrace':
      return '';
    case 'buildId':
      return 'recorded';
    default:
      return typeof value === 'string' && /^\d+@/.test(value) ? 'recorder' : value;
  }
}
