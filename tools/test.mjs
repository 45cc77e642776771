// npm test [-- <vitest arguments>]: builds, finds a Temporal server, runs the tests, and ends with one line of counts.
// npm run test:postgres: the tests of the schema engine, on one version of Postgres after the other.
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

// With SLUICE_TEST_AGAIN=1 few failed files get a second try, and the ones that need it are named. More are no accident.
const mostAgain = 5;

const counts = await testAll();
rmSync(folder, { recursive: true, force: true });
console.log(inWords(counts));
process.exitCode = counts.failed > 0 ? 1 : 0;

async function testAll() {
  if (!build()) return { passed: 0, failed: 1, skipped: 0 };
  if (process.env.SLUICE_TEST_POSTGRES === 'all') return testOnEachPostgres();
  process.env.SLUICE_TEMPORAL_BIN = await temporalServer();
  return test();
}

async function testOnEachPostgres() {
  const { postgresMajors, postgresPrograms } = await import('../dist/embedded/postgres-version.js');
  const total = { passed: 0, failed: 0, skipped: 0 };
  const lines = [];
  for (const major of postgresMajors) {
    const found = await postgresPrograms(major, (line) => console.log(line));
    process.env.SLUICE_TEST_POSTGRES = String(major);
    const counts = 'missing' in found ? undefined : await test();
    for (const count of Object.keys(total)) total[count] += counts?.[count] ?? 0;
    lines.push(`Postgres ${major}: ${counts === undefined ? `skipped, ${found.missing}` : inWords(counts)}`);
  }
  console.log(lines.join('\n'));
  return total;
}

async function test() {
  const first = await runTests([]);
  const again = failedFiles(first);
  if (process.env.SLUICE_TEST_AGAIN !== '1' || again.length === 0 || again.length > mostAgain) return countsOf(first);

  console.error(`\nOnce more, one after the other and with nothing beside them: ${again.join(', ')}`);
  const second = await runTests(['--maxWorkers=1', ...again]);
  const mended = again.filter((file) => !failedFiles(second).includes(file));
  for (const file of mended) console.error(`Passed only when run again, find out why: ${file}`);
  return countsOf(merge(first, second));
}

async function runTests(more) {
  const file = path.join(folder, `report-${Date.now()}.json`);
  const reporters = ['--reporter=default', `--reporter=${path.join(root, 'tools', 'test-report.mjs')}`];
  const args = [vitest, 'run', ...reporters, '--allowOnly=false', ...process.argv.slice(2), ...more];
  const env = { ...process.env, SLUICE_SKIP_BUILD: '1', SLUICE_TEST_REPORT: file };
  const tests = spawn(process.execPath, args, { stdio: 'inherit', cwd: root, env });
  const exitCode = await new Promise((resolve) => tests.once('exit', resolve));
  return { report: read(file), exitCode };
}

function inWords({ passed, failed, skipped }) {
  return `${passed} passed, ${failed} failed${skipped > 0 ? `, ${skipped} skipped` : ''}`;
}

function failedFiles({ report }) {
  return (report?.files ?? []).filter(({ failed }) => failed > 0).map(({ file }) => path.relative(process.cwd(), file));
}

/** Files of the second run stand in the place of the first's. */
function merge(first, second) {
  if (second.report === undefined) return second;
  const isNew = ({ file }) => second.report.files.some((it) => it.file === file);
  const files = [...first.report.files.filter((it) => !isNew(it)), ...second.report.files];
  return { report: { files, strays: first.report.strays + second.report.strays }, exitCode: second.exitCode };
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

function countsOf({ report, exitCode }) {
  if (report === undefined) {
    console.error('The tests ended without a report.');
    return { passed: 0, failed: 1, skipped: 0 };
  }
  for (const { file } of report.files.filter(({ brokenOutside }) => brokenOutside)) {
    console.error(`Failed outside its tests: ${path.relative(root, file)}`);
  }
  const sum = (count) => report.files.reduce((total, file) => total + file[count], 0);
  const [passed, failed, skipped] = [sum('passed'), sum('failed') + report.strays, sum('skipped')];
  if (failed > 0) return { passed, failed, skipped };
  if (passed === 0) console.error('No test was run.');
  else if (exitCode !== 0) console.error(`All tests passed, but the run failed (exit code ${exitCode}): see above.`);
  return { passed, failed: passed === 0 || exitCode !== 0 ? 1 : 0, skipped };
}
