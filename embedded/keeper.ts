// Holds the leash for a program that does not watch its stdin: node keeper.js <command> [args...]
// Tells the program's pid over IPC, passes SIGTERM on, ends with its exit code, and ends it when the leash is cut.
import { spawn } from 'node:child_process';
import { constants } from 'node:os';
import { onLeashCut } from './leash.js';

const graceMs = 5_000;
const [command, ...args] = process.argv.slice(2);
if (command === undefined) throw new Error('Expected: keeper.js <command> [args...]');

const { EXIT_WHEN_STDIN_CLOSES: _ours, NODE_CHANNEL_FD: _channel, ...env } = process.env;
const kept = spawn(command, args, { stdio: ['ignore', 'inherit', 'inherit'], env });

// A parent that died at once has closed the channel; unheard, that error would end us before the leash is read.
kept.once('spawn', () => process.send?.({ pid: kept.pid }, () => {}));
kept.once('error', (error) => {
  console.error(`Cannot start ${command}: ${error.message}`);
  process.exit(127);
});
kept.once('exit', (code, signal) => process.exit(code ?? 128 + (signal ? constants.signals[signal] : 0)));

process.on('SIGTERM', () => kept.kill('SIGTERM'));
process.on('SIGINT', () => kept.kill('SIGTERM'));
onLeashCut(
  () => {
    kept.kill('SIGTERM');
    setTimeout(() => kept.kill('SIGKILL'), graceMs).unref();
  },
  { graceMs: 2 * graceMs },
);
