import { expect, it } from 'vitest';
import { type Child, startChild } from '../../embedded/child.js';
import { keepWorker } from '../../embedded/keep-worker.js';

it('follows a worker that was killed by another, also when the next one cannot start at once, until it is over', async () => {
  const start = () =>
    startChild({
      name: 'worker',
      command: process.execPath,
      args: ['-e', "process.stdin.on('end', () => process.exit()).resume(); console.log('up')"],
      ready: (line) => line,
    });
  let worker: Child<unknown> = await start();
  let broken = 2;
  const lines: string[] = [];
  const over = new AbortController();
  const first = worker.pid;
  const kept = keepWorker(
    {
      worker: () => worker,
      async startWorker() {
        broken -= 1;
        if (broken >= 0) throw new Error('no server');
        worker = await start();
        return worker;
      },
    },
    { signal: over.signal, pauseMs: 10, log: (line) => lines.push(line) },
  );

  process.kill(first, 'SIGKILL');
  await expect.poll(() => worker.pid).not.toBe(first);
  expect(lines.filter((line) => line.includes('no server'))).toHaveLength(2);

  over.abort();
  const last = worker.pid;
  await worker.stop();
  await kept;
  expect(worker.pid).toBe(last);
});
