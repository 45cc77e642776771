import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import type { CliAnswer } from '../../embedded/demo/cli.js';

/** Runs `sluice …` in processes that have loaded it already; each runs one command at a time. */
export interface CommandHosts {
  sluice(args: readonly string[]): Promise<CliAnswer>;
  stop(): void;
}

const program = fileURLToPath(new URL('command-host.mjs', import.meta.url));
const hangsAfterMs = 120_000;

/** `env` is laid over this process's. The processes end with this one. */
export function withCommandHosts(env: NodeJS.ProcessEnv): CommandHosts {
  const idle: ChildProcess[] = [];
  const all = new Set<ChildProcess>();

  async function start(): Promise<ChildProcess> {
    const host = fork(program, { env: { ...process.env, ...env }, execArgv: [] });
    all.add(host);
    host.once('exit', () => all.delete(host));
    await once(host, 'message');
    return host;
  }

  return {
    async sluice(args) {
      const host = idle.pop() ?? (await start());
      const { broken, ...answer } = await answerOf(host, args);
      idle.push(host);
      return broken === undefined ? answer : { ...answer, stderr: `${answer.stderr}${broken}` };
    },
    stop() {
      for (const host of all) host.kill();
    },
  };
}

function answerOf(host: ChildProcess, args: readonly string[]): Promise<CliAnswer & { readonly broken?: string }> {
  const timer = setTimeout(() => host.kill('SIGKILL'), hangsAfterMs);
  const listening = new AbortController();
  const gone = once(host, 'exit', listening).then(() => {
    throw new Error(`sluice ${args.join(' ')} ended its process, or hung for ${hangsAfterMs / 1_000} s`);
  });
  const answer = once(host, 'message', listening).then(([it]) => it as CliAnswer);
  host.send(args);
  return Promise.race([answer, gone]).finally(() => {
    clearTimeout(timer);
    listening.abort();
    for (const rest of [answer, gone]) rest.catch(() => {});
  });
}
