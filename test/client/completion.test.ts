import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Shell, shells } from '../../client/completion.js';
import { type Terminal, commandExists, hasTerminals, openTerminal } from '../support/terminal.js';
import { sluice } from './command-line.js';

let folder: string;

beforeAll(async () => {
  folder = mkdtempSync(path.join(tmpdir(), 'sluice-completion-'));
  writeFileSync(path.join(folder, 'my-manifest.yaml'), '');
  for (const shell of shells) writeFileSync(path.join(folder, shell), (await sluice(['completion', shell])).stdout);
});

afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** What is typed, and what the line has become after a tab. */
const lines: [typed: string, completed: string][] = [
  ['sluice rel', 'sluice release '],
  ['sluice --js', 'sluice --json '],
  ['sluice release --req', 'sluice release --request-id '],
  ['sluice release my', 'sluice release my-manifest.yaml'],
  ['sluice doctor -f my', 'sluice doctor -f my-manifest.yaml'],
  ['sluice doctor my', 'sluice doctor my-manifest.yaml'],
  ['sluice release -f my', 'sluice release -f my-manifest.yaml'],
  ['sluice plan --file my', 'sluice plan --file my-manifest.yaml'],
  ['sluice validate -f my', 'sluice validate -f my-manifest.yaml'],
  ['sluice status -f my', 'sluice status -f my-manifest.yaml'],
  ['sluice status --file my', 'sluice status --file my-manifest.yaml'],
  ['sluice abort --rea', 'sluice abort --reason '],
  ['sluice completion fi', 'sluice completion fish '],
  ['sluice help hist', 'sluice help history '],
  ['sluice db li', 'sluice db lint '],
  ['sluice db lint --postg', 'sluice db lint --postgres-version '],
];

/** How a script of each shell says that a file stands behind --file. */
const fileAfterOption: Readonly<Record<Shell, (command: string) => RegExp>> = {
  bash: (command) => new RegExp(`'${command} --file' \\| '${command} -f'\\) _sluice_files`),
  zsh: (command) => new RegExp(`^ +${command}\\) .*\\{--file,-f\\}'\\[[^']*:manifest:_files'`, 'm'),
  fish: (command) => new RegExp(`__fish_seen_subcommand_from ${command}' -l file -s f -r -F`),
};

describe.each(shells)('the script for %s', (shell) => {
  it.each(['release', 'plan', 'validate', 'doctor', 'status', 'abort'])('offers files behind -f of %s', (command) => {
    expect(readFileSync(path.join(folder, shell), 'utf8')).toMatch(fileAfterOption[shell](command));
  });
});

/** A shell that reads no settings, and knows no more of sluice than the script says. */
const starts: Readonly<Record<'bash' | 'zsh', readonly string[]>> = {
  bash: ['bash --norc --noprofile -i', 'source ./bash'],
  zsh: ['zsh -f -i', 'autoload -U compinit && compinit -D -u; source ./zsh'],
};

describe.each(['bash', 'zsh'] as const)('%s', (shell) => {
  const missing = missingFor(shell);

  it.skipIf(missing !== undefined)(`completes what is typed${missing ?? ''}`, { timeout: 60_000 }, async () => {
    const [start = '', setting = ''] = starts[shell];
    const terminal = openTerminal(start, { cwd: folder, env: { PS1: '> ' } });
    try {
      terminal.type(`${setting}; echo re''ady\n`);
      await terminal.shows(/ready\r\n/);
      for (const [typed, completed] of lines) expect(await completeIn(terminal, typed)).toBe(completed.trim());
    } finally {
      terminal.close();
    }
  });
});

describe('fish', () => {
  const missing = missingFor('fish');

  it.skipIf(missing !== undefined)(`completes what is typed${missing ?? ''}`, () => {
    for (const [typed, completed] of lines) {
      const words = execFileSync('fish', ['--no-config', '-c', 'source ./fish; complete -C $argv[1]', typed], {
        cwd: folder,
        encoding: 'utf8',
      });
      const offered = words.split('\n').map((line) => line.split('\t')[0]);
      expect(offered, typed).toContain(completed.trim().split(' ').at(-1));
    }
  });
});

/** The line, printed by the shell itself: escape sequences of its editor are no part of it. */
async function completeIn(terminal: Terminal, typed: string): Promise<string> {
  // Ctrl-A and Ctrl-E go to the ends of the line.
  terminal.type(`${typed}\t\x01echo '<'\x05'>'\n`);
  const [, line = ''] = await terminal.shows(/<(sluice[^'<>]*)>/);
  return line.trim();
}

function missingFor(shell: Shell): string | undefined {
  if (!commandExists(shell)) return ` (skipped: there is no ${shell} here)`;
  return shell !== 'fish' && !hasTerminals() ? ' (skipped: there is no `script` of util-linux here)' : undefined;
}
