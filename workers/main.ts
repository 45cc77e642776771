#!/usr/bin/env node
import pino from 'pino';
import { onLeashCut } from '../embedded/leash.js';
import { type WorkerConfig, readConfig } from './config.js';
import { startHealth } from './health.js';
import { installRuntime } from './runtime.js';
import { type RunningWorker, startWorker } from './worker.js';

const config = readOrRefuse();
const { buildId } = config;
const log = pino({ level: config.logLevel, base: { component: 'worker', buildId } }, pino.destination(2));

let worker: RunningWorker | undefined;
let stopping = false;
for (const signal of ['SIGTERM', 'SIGINT'] as const) process.on(signal, () => stop(signal));
onLeashCut(() => stop('end of stdin'));

try {
  installRuntime(config, log);
  const health =
    config.healthPort === undefined
      ? undefined
      : await startHealth(config.healthPort, buildId, () => worker?.states() ?? {});
  worker = await startWorker(config, process.env);
  if (stopping) worker.stop();
  log.info('worker polls');
  process.stdout.write(`${JSON.stringify({ ready: true, pid: process.pid, buildId, healthPort: health?.port })}\n`);
  await worker.stopped;
  health?.close();
  log.info('worker stopped');
  process.exit(0);
} catch (error) {
  log.fatal({ error: error instanceof Error ? error.message : String(error) }, 'worker cannot go on');
  process.exit(1);
}

function readOrRefuse(): WorkerConfig {
  try {
    return readConfig(process.env);
  } catch (error) {
    process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`);
    process.exit(2);
  }
}

function stop(why: string): void {
  if (stopping) return;
  stopping = true;
  log.info({ why }, 'worker stops: no new work is taken, running activities get the grace period');
  worker?.stop();
}
