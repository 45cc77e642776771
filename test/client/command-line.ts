import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import path from 'node:path';
import { packageRoot } from '../../embedded/package-root.js';
import { withCommandHosts } from '../support/command-host.js';

/** Without a stack above it. */
const elsewhere = '/';

/** Nothing is configured in it. */
const temporalConfig = path.join(packageRoot, 'test', 'client', 'temporal.toml');

export interface CommandOptions {
  readonly env?: NodeJS.ProcessEnv;
  /** Default: a folder without a stack above it. */
  readonly cwd?: string;
}

export interface CommandAnswer {
  readonly exitCode: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

export interface RunningCommand {
  readonly process: ChildProcess;
  readonly ended: Promise<CommandAnswer>;
  /** Resolves as soon as that has been printed; rejects when the command ends without. */
  printed(text: string): Promise<void>;
}

const hosts = withCommandHosts();

/** Runs the compiled `sluice` with an environment that names no server, in a process that has loaded it. */
export function sluice(args: readonly string[], { env, cwd = elsewhere }: CommandOptions = {}): Promise<CommandAnswer> {
  return hosts.sluice(args, { env: environment(env), cwd });
}

/** The same in a process of its own: to be stopped, or watched at how it starts and ends. */
export function startSluice(args: readonly string[], options: CommandOptions = {}): RunningCommand {
  return startProcess(process.execPath, [path.join(packageRoot, 'dist', 'client', 'main.js'), ...args], options);
}

function environment(env: NodeJS.ProcessEnv | undefined): NodeJS.ProcessEnv {
  const inherited = Object.entries(process.env).filter(([name]) => !/^(TEMPORAL_|SLUICE_|GITHUB_|CI$)/.test(name));
  return { ...Object.fromEntries(inherited), NO_COLOR: '1', TEMPORAL_CONFIG_FILE: temporalConfig, ...env };
}

function startProcess(
  command: string,
  args: readonly string[],
  { env, cwd = elsewhere, types }: CommandOptions & { readonly types?: string },
): RunningCommand {
  const child = spawn(command, args, {
    cwd,
    env: environment(env),
    stdio: [types === undefined ? 'ignore' : 'pipe', 'pipe', 'pipe'],
    timeout: 150_000,
  });
  child.stdin?.write(types ?? '');
  const kill = () => child.kill('SIGKILL');
  process.once('exit', kill);
  child.once('close', () => process.off('exit', kill));
  let stdout = '';
  let stderr = '';
  const listeners = new Set<() => void>();
  const tell = () => listeners.forEach((listen) => listen());
  child.stdout?.setEncoding('utf8').on('data', (text: string) => ((stdout += text), tell()));
  child.stderr?.setEncoding('utf8').on('data', (text: string) => ((stderr += text), tell()));
  const ended = new Promise<CommandAnswer>((resolve, reject) => {
    child.once('error', reject);
    child.once('close', (exitCode) => resolve({ exitCode, stdout, stderr }));
  });
  const printed = (text: string) =>
    new Promise<void>((resolve, reject) => {
      const look = () => {
        if (`${stdout}${stderr}`.includes(text)) resolve();
      };
      listeners.add(look);
      look();
      void ended.then((answer) => reject(new Error(`ended without printing ${text}: ${JSON.stringify(answer)}`)));
    });
  return { process: child, ended, printed };
}

export const hasTerminal = spawnSync('script', ['--version']).status === 0;

/** The same on a terminal of its own (util-linux `script`); stdout holds all that it shows. */
export function sluiceOnTerminal(args: readonly string[], options: CommandOptions & { readonly types?: string } = {}) {
  const main = path.join(packageRoot, 'dist', 'client', 'main.js');
  const quoted = [process.execPath, main, ...args].map((it) => `'${it}'`).join(' ');
  return startProcess('script', ['-qefc', `stty cols 100 rows 40; ${quoted}`, '/dev/null'], options);
}
