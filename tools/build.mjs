// Compiles to dist/, copies what the compiler leaves behind (SQL, YAML), names the build, and prebuilds the workflow bundle.
import { execFileSync } from 'node:child_process';
import { cpSync, existsSync, mkdirSync, readFileSync, readdirSync, writeFileSync } from 'node:fs';
import { createHash } from 'node:crypto';
import { createRequire } from 'node:module';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('..', import.meta.url));
const dist = path.join(root, 'dist');
const require = createRequire(import.meta.url);

const copied = new Set(['.sql', '.yaml', '.yml', '.conf', '.json']);
const compiled = ['domain', 'workflows', 'activities', 'workers', 'client', 'embedded', 'examples'];

mkdirSync(dist, { recursive: true });
execFileSync(process.execPath, [require.resolve('typescript/bin/tsc'), '-p', 'tsconfig.build.json'], {
  cwd: root,
  stdio: 'inherit',
});

for (const folder of compiled.filter((name) => existsSync(path.join(root, name)))) {
  for (const entry of readdirSync(path.join(root, folder), { recursive: true, withFileTypes: true })) {
    if (!entry.isFile() || !copied.has(path.extname(entry.name))) continue;
    const from = path.join(entry.parentPath, entry.name);
    const to = path.join(dist, path.relative(root, from));
    mkdirSync(path.dirname(to), { recursive: true });
    cpSync(from, to);
  }
}

writeFileSync(path.join(dist, 'build-id'), `${buildId()}\n`);
await bundleWorkflows();

/** The git commit, marked when the folder differs from it. An image is built without .git and is told. */
function buildId() {
  if (process.env.SLUICE_BUILD_ID) return process.env.SLUICE_BUILD_ID;
  try {
    const args = ['describe', '--always', '--dirty', '--abbrev=12', '--exclude=*'];
    return execFileSync('git', args, { cwd: root, encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] }).trim();
  } catch {
    return 'unknown';
  }
}

/** Bundled once per content: webpack costs a second, and an unchanged bundle keeps its name. */
async function bundleWorkflows() {
  const entry = path.join(dist, 'workflows', 'index.js');
  if (!existsSync(entry)) return;
  const bundleFile = path.join(dist, 'workflow-bundle.js');
  const stampFile = path.join(dist, 'workflow-bundle.sha256');
  const stamp = hashOf(['workflows', 'domain']);
  if (existsSync(bundleFile) && existsSync(stampFile) && readFileSync(stampFile, 'utf8') === stamp) return;
  const { bundleWorkflowCode } = await import('@temporalio/worker');
  const quiet = { log() {}, trace() {}, debug() {}, info() {}, warn: console.warn, error: console.error };
  const { code } = await bundleWorkflowCode({ workflowsPath: entry, logger: quiet });
  writeFileSync(bundleFile, code);
  writeFileSync(stampFile, stamp);
}

function hashOf(folders) {
  const hash = createHash('sha256').update(readFileSync(path.join(root, 'package-lock.json')));
  for (const folder of folders) {
    const files = readdirSync(path.join(dist, folder), { recursive: true })
      .filter((name) => name.endsWith('.js'))
      .sort();
    for (const file of files) hash.update(file).update(readFileSync(path.join(dist, folder, file)));
  }
  return hash.digest('hex');
}
