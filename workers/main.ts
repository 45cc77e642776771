#!/usr/bin/env node
import { DefaultLogger, Runtime } from '@temporalio/worker';
import pino from 'pino';
import { onLeashCut } from '../embedded/leash.js';
import { type WorkerConfig, readConfig } from './config.js';
import { type RunningWorker, startWorker } from './worker.js';

const config = readOrRefuse();
const log = pino({ level: config.logLevel, base: { component: 'worker' } }, pino.destination(2));
installRuntime(config);

let worker: RunningWorker | undefined;
let stopping = false;
for (const signal of ['SIGTERM', 'SIGINT'] as const) process.on(signal, () => stop(signal));
onLeashCut(() => stop('end of stdin'));

try {
  worker = await startWorker(config, process.env);
  if (stopping) worker.stop();
  log.info({ buildId: config.buildId }, 'worker polls');
  process.stdout.write(`${JSON.stringify({ ready: true, pid: process.pid })}\n`);
  await worker.stopped;
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

function installRuntime({ logLevel, metricsPort }: WorkerConfig): void {
  Runtime.install({
    // Signals are ours: Temporal's own handlers would race with the grace period.
    shutdownSignals: [],
    logger: new DefaultLogger(
      logLevel === 'debug' ? 'DEBUG' : logLevel === 'info' ? 'INFO' : logLevel === 'warn' ? 'WARN' : 'ERROR',
      ({ level, message, meta }) =>
        log[
          level === 'TRACE'
            ? 'trace'
            : level === 'DEBUG'
              ? 'debug'
              : level === 'INFO'
                ? 'info'
                : level === 'WARN'
                  ? 'warn'
                  : 'error'
        ](meta ?? {}, message),
    ),
    ...(metricsPort === undefined
      ? {}
      : { telemetryOptions: { metrics: { prometheus: { bindAddress: `0.0.0.0:${metricsPort}` } } } }),
  });
}

function stop(why: string): void {
  if (stopping) return;
  stopping = true;
  log.info({ why }, 'worker stops: no new work is taken, running activities get the grace period');
  worker?.stop();
}
