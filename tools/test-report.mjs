import { writeFileSync } from 'node:fs';

/** A vitest reporter: writes what ran to the file named by SLUICE_TEST_REPORT, one entry a test file. */
export default class TestReport {
  onTestRunEnd(modules, strayErrors) {
    const strayFiles = strayErrors.map((error) => error.VITEST_TEST_PATH);
    const files = modules.map((module) => fileReport(module, strayFiles.includes(module.moduleId)));
    // An error that names no file of this run can be told only once, and is nobody's to run again.
    const strays = strayFiles.filter((file) => !modules.some(({ moduleId }) => moduleId === file)).length;
    writeFileSync(process.env.SLUICE_TEST_REPORT, JSON.stringify({ files, strays }));
  }
}

/** What broke outside the file's tests (its imports, a hook, an error nobody caught) counts as one failure. */
function fileReport(module, stray) {
  const states = [...module.children.allTests()].map((test) => test.result().state);
  const count = (state) => states.filter((it) => it === state).length;
  const failed = count('failed');
  const brokenOutside = failed === 0 && (module.state() === 'failed' || stray);
  return {
    file: module.moduleId,
    passed: count('passed'),
    failed: failed + (brokenOutside ? 1 : 0),
    skipped: states.length - count('passed') - failed,
    brokenOutside,
  };
}
