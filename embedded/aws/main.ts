import { Command, InvalidArgumentError } from 'commander';
import { startSimulator } from './simulator.js';
import type { Timings } from './timings.js';

// stdout carries the one line with the endpoint; everything else goes to stderr.
const log = (event: string, fields: Record<string, unknown> = {}) =>
  process.stderr.write(`${JSON.stringify({ time: new Date().toISOString(), event, ...fields })}\n`);

const command = new Command('aws-simulator')
  .description('An AWS account on this machine: ECS, its load balancer and CloudWatch behind one endpoint')
  .option('--api-port <port>', 'port of the AWS endpoint; 0 takes a free one', wholeNumber, 0)
  .option('--listener-host <address>', 'address the endpoint and the load balancers listen at', '127.0.0.1')
  .option('--reconcile-ms <ms>', 'pause between two looks of the service scheduler', wholeNumber)
  .option('--health-check-interval-ms <ms>', "in place of every target group's interval", wholeNumber)
  .option('--initial-health-check-ms <ms>', 'pause between checks until a target passes the first', wholeNumber)
  .option('--deregistration-delay-ms <ms>', "in place of every target group's deregistration delay", wholeNumber)
  .option('--stop-timeout-ms <ms>', "in place of every container's stop timeout", wholeNumber)
  .option('--restart-backoff-ms <ms>', 'pause before a failed task is replaced, doubling', wholeNumber)
  .option('--restart-backoff-max-ms <ms>', 'upper limit of that pause', wholeNumber)
  .option('--shutdown-grace-ms <ms>', 'time tasks have to end when the simulator stops', wholeNumber)
  .parse();

const { apiPort, listenerHost, ...given } = command.opts<
  { apiPort: number; listenerHost: string } & Partial<Timings>
>();
const simulator = await startSimulator({ apiPort, listenerHost, timings: given, log });

let stopping = false;
function stop(reason: string): void {
  if (stopping) return;
  stopping = true;
  log('stopping', { reason });
  void simulator.stop().then(() => process.exit(0));
}

process.once('SIGTERM', () => stop('SIGTERM'));
process.once('SIGINT', () => stop('SIGINT'));
if (process.env.EXIT_WHEN_STDIN_CLOSES === '1') {
  process.stdin.resume();
  process.stdin.once('close', () => stop('stdin closed'));
}

process.stdout.write(`${JSON.stringify({ endpoint: simulator.endpoint })}\n`);

function wholeNumber(text: string): number {
  if (/^\d+$/.test(text)) return Number(text);
  throw new InvalidArgumentError(`expected a whole number, 0 or more; found ${text}`);
}
