import { readFileSync } from 'node:fs';
import path from 'node:path';
import { expect, it, vi } from 'vitest';
import { packageRoot } from '../../embedded/package-root.js';
import { withEverything } from '../support/everything.js';

// What is left out of a run passes: if CI left it out, too, nobody would ever notice.
it.each([
  ['CI', '.ci/run', /^(SLUICE_\w+)=1 .*npm --silent test/m],
  ['npm run test:all', 'package.json', /"test:all": "(SLUICE_\w+)=1 node tools\/test\.mjs"/],
])('nothing is left out of %s', (_where, file, command) => {
  const [, variable = ''] = command.exec(readFileSync(path.join(packageRoot, file), 'utf8')) ?? [];
  vi.stubEnv('SLUICE_TEST_ALL', '');
  vi.stubEnv(variable, '1');
  expect(withEverything('this')).toBe(true);
});
