import { mkdtempSync, readdirSync, renameSync, rmSync } from 'node:fs';
import path from 'node:path';
import { startChild } from '../child.js';
import { packageRoot } from '../package-root.js';
import { cachedBinary, cliVersion, type Found, reasonAgainst } from './binary.js';

const timeoutMs = 180_000;

/** Lets the SDK download its vendor's binary, and moves it into the cache. Fails at once where the host is blocked. */
export async function downloadServer(log: (line: string) => void): Promise<Found> {
  log(`downloading the Temporal server ${cliVersion}`);
  const file = cachedBinary();
  const folder = mkdtempSync(`${path.dirname(file)}${path.sep}download-`);
  try {
    await fetchInto(folder);
    const [name] = readdirSync(folder);
    if (name === undefined) return { missing: 'the download left no file' };
    const reason = await reasonAgainst(path.join(folder, name));
    if (reason !== undefined) return { missing: `the download is of no use: ${reason}` };
    renameSync(path.join(folder, name), file);
    return { file };
  } catch (error) {
    log('the download is not possible here');
    return { missing: `the download failed: ${firstLineOf(error)}` };
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

// In a process of its own: the SDK can neither be told to give up nor to only download.
async function fetchInto(folder: string): Promise<void> {
  const child = await startChild({
    name: 'download',
    command: process.execPath,
    args: [path.join(packageRoot, 'dist', 'embedded', 'temporal', 'download-main.js'), folder, `v${cliVersion}`],
    ready: (line) => (line === 'downloaded' ? true : undefined),
    readyTimeoutMs: timeoutMs,
  });
  await child.stop();
}

function firstLineOf(error: unknown): string {
  const text = error instanceof Error ? error.message : String(error);
  return /Error: ([^\]]+)/.exec(text)?.[1] ?? text.split('\n', 1)[0] ?? text;
}
