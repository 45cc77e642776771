import { execPath } from 'node:process';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { packageRoot } from '../../embedded/package-root.js';
import { hasTerminals, openTerminal } from '../support/terminal.js';
import { startSluice } from './command-line.js';

const main = path.join(packageRoot, 'dist', 'client', 'main.js');
const escape = '\u001b[';
const why = hasTerminals() ? '' : ' (skipped: there is no `script` of util-linux here)';

describe.skipIf(why !== '')(`before a person${why}`, () => {
  it.each([
    ['colours what matters', {}, true],
    ['obeys NO_COLOR', { NO_COLOR: '1' }, false],
    ['takes an empty NO_COLOR for none', { NO_COLOR: '' }, true],
    ['knows a terminal without colours', { TERM: 'dumb' }, false],
  ])('%s', async (_name, env, coloured) => {
    const shown = await openTerminal(`${execPath} ${main} release nowhere.yaml`, { env }).ended;
    expect(shown).toContain('expected the manifest nowhere.yaml, but there is none');
    expect(shown.includes(escape)).toBe(coloured);
  });
});

it.each([
  ['writes none', {}, false],
  ['writes none in CI either, where scripts read it', { CI: 'true' }, false],
  ['writes them when asked', { FORCE_COLOR: '1' }, true],
  ['obeys NO_COLOR before FORCE_COLOR', { FORCE_COLOR: '1', NO_COLOR: '1' }, false],
])('into a pipe: %s', async (_name, env, coloured) => {
  const { stdout, stderr } = await startSluice(['release', 'nowhere.yaml'], { env: { NO_COLOR: '', ...env } }).ended;
  expect(stderr).toContain('expected the manifest nowhere.yaml');
  expect((stdout + stderr).includes(escape)).toBe(coloured);
});
