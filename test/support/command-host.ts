import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import type { CliAnswer } from '../../embedded/demo/cli.js';

/** Runs `sluice …` in processes that have loaded it already; each runs one command at a time. */
export interface CommandHosts {
  sluice(args: readonly string[], place?: CommandPlace): Promise<CliAnswer>;
  stop(): void;
}

/** Where a command finds itself. */
export interface CommandPlace {
  /** All of it; nothing of this process's is laid under it. Default: this process's and the hosts'. */
  readonly env?: NodeJS.ProcessEnv;
  /** Default: this process's. */
  readonly cwd?: string;
}

const program = fileURLToPath(new URL('command-host.mjs', import.meta.url));
const hangsAfterMs = 150_000;

/** `env` is laid over this process's. The processes end with this one. */
export function withCommandHosts(env: NodeJS.ProcessEnv = {}): CommandHosts {
  const idle: ChildProcess[] = [];
  const all = new Set<ChildProcess>();

  async function start(): Promise<ChildProcess> {
    const host = fork(program, { execArgv: [] });
    all.add(host);
    host.once('exit', () => all.delete(host));
    await once(host, 'message');
    return host;
  }

  return {
    async sluice(args, place = {}) {
      const host = idle.pop() ?? (await start());
      const order = { args, env: { ...process.env, ...env }, cwd: process.cwd(), ...place };
      const { broken, ...answer } = await answerOf(host, order);
      idle.push(host);
      return broken === undefined ? answer : { ...answer, stderr: `${answer.stderr}${broken}` };
    },
    stop() {
      for (const host of all) host.kill();
    },
  };
}

type Order = Required<CommandPlace> & { readonly args: readonly string[] };

function answerOf(host: ChildProcess, order: Order): Promise<CliAnswer & { readonly broken?: string }> {
  const timer = setTimeout(() => host.kill('SIGKILL'), hangsAfterMs);
  const listening = new AbortController();
  const gone = once(host, 'exit', listening).then(() => {
    throw new Error(`sluice ${order.args.join(' ')} ended its process, or hung for ${hangsAfterMs / 1_000} s`);
  });
  const answer = once(host, 'message', listening).then(([it]) => it as CliAnswer);
  host.send(order);
  return Promise.race([answer, gone]).finally(() => {
    clearTimeout(timer);
    listening.abort();
    for (const rest of [answer, gone]) rest.catch(() => {});
  });
}
