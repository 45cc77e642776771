import { readFileSync, readdirSync } from 'node:fs';
import { createServer, type AddressInfo } from 'node:net';
import path from 'node:path';
import { pathToFileURL } from 'node:url';
import { expect, it, onTestFinished, vi } from 'vitest';
import { startChild } from '../../../embedded/child.js';
import { mustSluice } from '../../../embedded/demo/cli.js';
import { packageRoot } from '../../../embedded/package-root.js';
import { isRunning } from '../../support/process.js';

const module = pathToFileURL(path.join(packageRoot, 'dist', 'embedded', 'demo', 'cli.js')).href;

// Only its own process is signalled, as by a supervisor: there is no terminal that would reach the command, too.
it.runIf(process.platform === 'linux')('a command of the demo ends when the demo is ended by a signal', async () => {
  const address = await silentServer();
  await Promise.all((['SIGKILL', 'SIGTERM', 'SIGINT'] as const).map((signal) => leavesNoCommand(signal, address)));
});

it('says what a command said that did not succeed', async () => {
  const stack = { temporal: { address: '127.0.0.1:1', namespace: 'default', uiUrl: undefined } };
  await expect(mustSluice(stack, ['release', 'no-such.yaml'])).rejects.toThrow(
    /^sluice release no-such\.yaml ended with 2:\n.*no-such\.yaml/s,
  );
});

async function leavesNoCommand(signal: NodeJS.Signals, address: string): Promise<void> {
  const release = `demo/orphan-${Math.random().toString(36).slice(2)}/1`;
  const demo = await startChild({
    name: 'demo',
    command: process.execPath,
    args: [
      ...['--input-type=module', '--eval'],
      `import { mustSluice } from ${JSON.stringify(module)};
       console.log('ready');
       await mustSluice({ temporal: { address: '${address}', namespace: 'default' } }, ['status', '${release}']);`,
    ],
    ready: (line) => line === 'ready' || undefined,
  });
  const command = await vi.waitUntil(() => commandOn(release), { timeout: 60_000 });
  onTestFinished(async () => {
    await demo.kill();
    if (isRunning(command)) process.kill(command, 'SIGKILL');
  });
  // It cannot end by itself any more, as it would when nobody answers it.
  process.kill(command, 'SIGSTOP');
  process.kill(demo.pid, signal);
  await vi.waitUntil(() => !isRunning(command), { timeout: 60_000 });
}

/** Takes connections and never says a word: whoever asks it waits. */
async function silentServer(): Promise<string> {
  const server = createServer((socket) => void socket.on('error', () => undefined));
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  onTestFinished(() => void server.close());
  return `127.0.0.1:${(server.address() as AddressInfo).port}`;
}

/** The process of `sluice status <release>`. */
function commandOn(release: string): number | undefined {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .map(Number)
    .find((pid) => {
      try {
        const [, program, , argument] = readFileSync(`/proc/${pid}/cmdline`, 'utf8').split('\0');
        return program?.endsWith(path.join('client', 'main.js')) === true && argument === release;
      } catch {
        return false;
      }
    });
}
