// npm test [-- <vitest arguments>]: builds, finds a Temporal server, runs the tests, and ends with one line of counts.
import { execFileSync, spawn } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('..', import.meta.url));
const vitest = path.join(path.dirname(createRequire(import.meta.url).resolve('vitest/package.json')), 'vitest.mjs');
const folder = mkdtempSync(path.join(tmpdir(), 'sluice-report-'));

// Ctrl-C reaches the tests as well; they end by themselves, and the counts are still told.
process.on('SIGINT', () => {});

const counts = await testAll();
rmSync(folder, { recursive: true, force: true });
const { passed, failed, skipped } = counts;
console.log(`${passed} passed, ${failed} failed${skipped > 0 ? `, ${skipped} skipped` : ''}`);
process.exitCode = failed > 0 ? 1 : 0;

async function testAll() {
  if (!build()) return { passed: 0, failed: 1, skipped: 0 };
  const report = path.join(folder, 'report.json');
  const reporters = ['--reporter=default', '--reporter=json', `--outputFile.json=${report}`];
  const args = [vitest, 'run', ...reporters, '--allowOnly=false', ...process.argv.slice(2)];
  const env = { ...process.env, SLUICE_SKIP_BUILD: '1', SLUICE_TEMPORAL_BIN: await temporalServer() };
  const tests = spawn(process.execPath, args, { stdio: 'inherit', cwd: root, env });
  const exitCode = await new Promise((resolve) => tests.once('exit', resolve));
  return countsOf(read(report), exitCode);
}

function build() {
  if (process.env.SLUICE_SKIP_BUILD === '1') return true;
  console.log('Building dist/ ...');
  try {
    execFileSync(process.execPath, ['tools/build.mjs'], { cwd: root, stdio: 'inherit' });
    return true;
  } catch {
    console.error('The build failed; no test was run.');
    return false;
  }
}

/** Found before the tests, because a first build takes minutes. Without one, the tests that need it fail and say so. */
async function temporalServer() {
  const { locateTemporal } = await import('../dist/embedded/temporal/locate.js');
  try {
    const file = await locateTemporal({ log: (line) => console.log(`Temporal server: ${line}`) });
    console.log(`Temporal server: ${file}`);
    return file;
  } catch (error) {
    console.error(error.message);
    return process.env.SLUICE_TEMPORAL_BIN;
  }
}

function read(report) {
  try {
    return JSON.parse(readFileSync(report, 'utf8'));
  } catch {
    return undefined;
  }
}

/** A file that failed outside its tests counts as one failure, and so does a run that failed outside its files. */
function countsOf(report, exitCode) {
  if (report === undefined) {
    console.error('The tests ended without a report.');
    return { passed: 0, failed: 1, skipped: 0 };
  }
  const brokenFiles = report.testResults.filter(
    ({ status, assertionResults }) => status === 'failed' && !assertionResults.some((test) => test.status === 'failed'),
  );
  for (const { name } of brokenFiles) console.error(`Failed outside its tests: ${path.relative(root, name)}`);

  const passed = report.numPassedTests;
  const failed = report.numFailedTests + brokenFiles.length;
  const skipped = report.numTotalTests - report.numPassedTests - report.numFailedTests;
  if (failed > 0) return { passed, failed, skipped };
  if (passed === 0) console.error('No test was run.');
  else if (exitCode !== 0) console.error(`All tests passed, but the run failed (exit code ${exitCode}): see above.`);
  return { passed, failed: passed === 0 || exitCode !== 0 ? 1 : 0, skipped };
}
