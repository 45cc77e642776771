import { spawn } from 'node:child_process';
import path from 'node:path';
import { expect } from 'vitest';
import type { SoakReport } from '../../../bench/database/soak/report.js';
import { packageRoot } from '../../../embedded/package-root.js';
import { itWithEverything } from '../../support/everything.js';

const main = path.join(packageRoot, 'dist', 'bench', 'database', 'soak', 'main.js');

itWithEverything('two minutes of changes of a schema under two versions that write')(
  'keeps every promise through change after change of a schema that two versions write to',
  async () => {
    const soak = spawn(process.execPath, [main, '--minutes', '2', '--rows', '20000', '--json'], {
      cwd: packageRoot,
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    const end = () => soak.kill('SIGTERM');
    process.once('exit', end);
    let text = '';
    soak.stdout.setEncoding('utf8').on('data', (part: string) => (text += part));
    const exitCode = await new Promise<number | null>((resolve, reject) => {
      soak.once('error', reject);
      soak.once('close', resolve);
    });
    process.off('exit', end);
    const report = JSON.parse(text) as SoakReport & { readonly broken: readonly string[] };
    expect(report).toMatchObject({ broken: [], failed: [], divergent: [], lost: [], engine: [] });
    expect(report.rounds.filter(({ end: how }) => how !== 'cut off').length).toBeGreaterThan(0);
    expect(exitCode).toBe(0);
  },
  900_000,
);
