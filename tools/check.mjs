// npm run check: everything CI refuses that is not a test. All checks run, also after one failed.
import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('..', import.meta.url));
const bin = (name) => path.join(root, 'node_modules', '.bin', name);

const checks = [
  // Installing beside an existing node_modules can drop the packages of other platforms from the lock file.
  { name: 'lock file', command: ['npm', 'ci', '--dry-run', '--ignore-scripts', '--loglevel=error'] },
  { name: 'format', command: [bin('prettier'), '--check', '--log-level=warn', '.'], mend: 'npm run format' },
  { name: 'lint', command: [bin('eslint'), '.'], mend: 'npx eslint --fix .' },
  { name: 'types', command: [bin('tsc'), '--noEmit', '-p', 'tsconfig.json'] },
  { name: 'unused code', command: [bin('knip')] },
  {
    name: 'generated docs',
    file: 'tools/docs.mjs',
    command: [process.execPath, 'tools/docs.mjs', '--check'],
    mend: 'node tools/docs.mjs',
  },
].filter(({ file }) => file === undefined || existsSync(path.join(root, file)));

const results = checks.map((check) => {
  console.log(`\n> ${check.name}`);
  const [command, ...args] = check.command;
  const { status } = spawnSync(command, args, { cwd: root, stdio: 'inherit' });
  return { ...check, passed: status === 0 };
});

console.log('');
for (const { name, passed, mend } of results) {
  console.log(`${passed ? 'ok    ' : 'FAILED'}  ${name}${!passed && mend ? `  (mend: ${mend})` : ''}`);
}
process.exitCode = results.every(({ passed }) => passed) ? 0 : 1;
