import { execFileSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';

/** Spawned processes run from dist/, so it is built once before any test. SLUICE_SKIP_BUILD=1 trusts what is there. */
export default function setup(): void {
  if (process.env.SLUICE_SKIP_BUILD === '1') return;
  const root = fileURLToPath(new URL('../..', import.meta.url));
  execFileSync(process.execPath, ['tools/build.mjs'], { cwd: root, stdio: 'inherit' });
}
