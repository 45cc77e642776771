import { execFile } from 'node:child_process';
import { mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll } from 'vitest';
import { packageRoot } from '../../embedded/package-root.js';

export interface CommandAnswer {
  readonly exitCode: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** What a page tells its reader to type, and a folder to type it in. */
export interface PageCommands {
  /** Without `npx sluice`, in their order. */
  readonly commands: readonly string[];
  sluice(command: string): Promise<CommandAnswer>;
  /**
   * The releases are the same; only their bakes are as short as the metrics' grain allows, but of the version that is
   * to be caught in one.
   */
  quicken(caught: string): void;
  /** Every process whose arguments name the folder; the stack gives each of its servers a path below it. */
  processes(): string[];
}

/** Called at the head of a test file; what the page has started is taken down after it. */
export function withPageCommands(page: string): PageCommands {
  const folder = mkdtempSync(path.join(tmpdir(), 'sluice-page-'));
  const main = path.join(packageRoot, 'dist', 'client', 'main.js');
  const manifests = path.join(folder, '.sluice', 'manifests');
  const sluice: PageCommands['sluice'] = (command) =>
    new Promise((resolve) => {
      const args = (command.match(/"[^"]*"|\S+/g) ?? []).map((word) => word.replaceAll('"', ''));
      execFile(process.execPath, [main, ...args], { cwd: folder, timeout: 150_000 }, (error, stdout, stderr) =>
        resolve({ exitCode: error === null ? 0 : Number(error.code ?? -1), stdout, stderr }),
      );
    });
  afterAll(async () => {
    await sluice('down');
    rmSync(folder, { recursive: true, force: true });
  });
  return {
    commands: readFileSync(path.join(packageRoot, page), 'utf8')
      .split('\n')
      .flatMap((line) => /^npx sluice (?<args>[^#]+)/.exec(line)?.groups?.args?.trim() ?? []),
    sluice,
    quicken(caught) {
      for (const name of readdirSync(manifests)) {
        const file = path.join(manifests, name);
        const text = readFileSync(file, 'utf8');
        const bake = name === caught ? 'bake: 10m' : 'bake: 5s';
        const quick = text.replaceAll('bake: 10s', bake).replace('warmWindow: 10s', 'warmWindow: 1s');
        // On a machine with other tests at work, how long an answer takes says nothing about the version.
        writeFileSync(file, quick.replace('p99Margin: 1s', 'p99Margin: 30s'));
      }
    },
    processes: () =>
      readdirSync('/proc')
        .filter((pid) => /^\d+$/.test(pid))
        .flatMap((pid) => {
          try {
            return readFileSync(`/proc/${pid}/cmdline`, 'utf8').split('\0').join(' ');
          } catch {
            return [];
          }
        })
        .filter((text) => text.includes(folder)),
  };
}
