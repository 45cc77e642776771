import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { startShoppers } from './demo/shoppers.js';
import { keepWorker } from './keep-worker.js';
import { shopManifest } from './shop/manifest.js';
import { shopVersions } from './shop/versions.js';
import { describeStack, removeStackFile, writeStackFile } from './stack-file.js';
import { startStack } from './stack.js';

/**
 * The process that holds a stack for `sluice up`: tells its parent how far it is, then stays until SIGTERM. Its children
 * end with it, however it ends.
 */
const stateDir = process.argv[2];
if (stateDir === undefined) throw new Error('expected the state folder as the only argument, found none');

const tell = (message: StackMessage): void => void (process.connected && process.send?.(message));
// Run from the last to the first: `sluice down` waits for the file to go, so it goes last.
const ends: (() => Promise<unknown>)[] = [() => Promise.resolve(removeStackFile(stateDir))];
let ending: Promise<void> | undefined;
const over = new AbortController();
for (const signal of ['SIGTERM', 'SIGINT'] as const) process.on(signal, () => void end().then(() => process.exit(0)));

try {
  const stack = await startStack({ stateDir, onProgress: (line) => tell({ kind: 'progress', line }) });
  ends.push(() => stack.stop());
  mkdirSync(path.join(stateDir, 'demo'), { recursive: true });
  rmSync(path.join(stateDir, 'demo', 'acknowledged.jsonl'), { force: true });
  tell({ kind: 'progress', line: 'some shoppers come' });
  const shoppers = await startShoppers({ url: stack.infrastructure.url, rate: 60, stateDir, oldCustomers: 120_000 });
  ends.push(() => shoppers.kill());

  const manifestFolder = path.join(stateDir, 'manifests');
  mkdirSync(manifestFolder, { recursive: true });
  for (const version of shopVersions.slice(1)) {
    const text = shopManifest(stack, { version, runs: version, migrates: version === '2', manifestFolder });
    writeFileSync(path.join(manifestFolder, `shop-${version}.yaml`), text);
  }
  const content = describeStack(stack);
  writeStackFile(stateDir, content);
  tell({ kind: 'ready', stack: content });
  process.disconnect?.();
  await keepWorker(stack, { signal: over.signal, log: (line) => console.error(line) });
} catch (error) {
  tell({ kind: 'failed', message: error instanceof Error ? error.message : String(error) });
  await end();
  process.exit(1);
}

export type StackMessage =
  | { readonly kind: 'progress'; readonly line: string }
  | { readonly kind: 'ready'; readonly stack: ReturnType<typeof describeStack> }
  | { readonly kind: 'failed'; readonly message: string };

function end(): Promise<void> {
  over.abort();
  ending ??= (async () => {
    for (const stop of ends.splice(0).reverse()) await stop().catch((error: unknown) => console.error(error));
  })();
  return ending;
}
