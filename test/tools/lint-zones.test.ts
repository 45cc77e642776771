import { readdirSync } from 'node:fs';
import path from 'node:path';
import { ESLint } from 'eslint';
import { describe, expect, it, vi } from 'vitest';
import { packageRoot } from '../../embedded/package-root.js';
import { withEverything } from '../support/everything.js';

// Snippets are linted in the place of a file that exists: the type-checked rules know no others.
const eslint = new ESLint({ cwd: packageRoot });

type RuleId = string;
type Snippet = [folder: string, what: string, source: string];

const refused: Record<RuleId, Snippet[]> = {
  '@typescript-eslint/no-restricted-imports': [
    ['domain', 'an import from another layer', `export { x } from '../workflows/release.js';`],
    ['domain', 'a type from another layer', `import type { X } from '../activities/index.js'; export type Y = X;`],
    ['domain', 'a Node module', `import { readFileSync } from 'node:fs'; export const x = readFileSync;`],
    ['workflows', 'a value from activities', `import { x } from '../activities/index.js'; export const y = x;`],
    ['workflows', 'a value from client', `import { x } from '../client/main.js'; export const y = x;`],
    ['workflows', 'a Node module', `import { createHash } from 'crypto'; export const x = createHash;`],
    ['workflows', 'the outside of the SDK', `import { Client } from '@temporalio/client'; export const x = Client;`],
    ['activities', 'a value from workflows', `import { x } from '../workflows/release.js'; export const y = x;`],
    ['activities', 'an import from embedded', `import { x } from '../../embedded/child.js'; export const y = x;`],
    ['workers', 'an import from embedded', `import { x } from '../embedded/child.js'; export const y = x;`],
    ['workers', 'an import from client', `import { x } from '../client/main.js'; export const y = x;`],
    ['client', 'a workflow', `import { x } from '../workflows/release.js'; export const y = x;`],
    ['client', 'an activity', `import { x } from '../../activities/traffic/alb.js'; export const y = x;`],
    ['client', 'an import from embedded', `import { x } from '../embedded/stack.js'; export const y = x;`],
    ['embedded', 'an import from test', `import { x } from '../test/support/process.js'; export const y = x;`],
    ['examples', 'an import of ours', `import { x } from '../../domain/lane.js'; export const y = x;`],
  ],
  'no-restricted-syntax': [
    ['workflows', 'module state', `export let count = 0; count += 1;`],
    ['workflows', 'local time', `export const hour = (date: Date) => date.getHours();`],
    ['workflows', 'a locale', `export const text = (date: Date) => date.toLocaleTimeString();`],
    ['workflows', 'an import() of anything', `export const x = () => import('../domain/lane.js');`],
    ['activities', 'an import() from workflows', `export const x = () => import('../workflows/release.js');`],
    ['client', 'an import() from embedded', `export const x = () => import('../embedded/stack.js');`],
    ['examples', 'an import() of ours', `export const x = () => import('../../domain/lane.js');`],
    ['test', 'a test that runs alone', `import { it } from 'vitest'; it${'.only'}('x', () => {});`],
  ],
  'no-restricted-globals': [['workflows', 'Intl', `export const f = () => new Intl.NumberFormat();`]],
  '@typescript-eslint/no-floating-promises': [
    ['workflows', 'a promise nobody awaits', `export const f = (act: () => Promise<void>) => { act(); };`],
  ],
  '@typescript-eslint/no-explicit-any': [['domain', 'any', `export const x = (y: any) => y;`]],
  '@typescript-eslint/switch-exhaustiveness-check': [
    [
      'domain',
      'a switch with a hole',
      `export const f = (x: 'a' | 'b') => { switch (x) { case 'a': return 1; default: return 0; } };`,
    ],
  ],
  '@typescript-eslint/consistent-type-imports': [
    ['domain', 'a type imported as a value', `import { X } from './lane.js'; export type Y = X;`],
  ],
};

const accepted: Snippet[] = [
  ['workflows', 'a type from activities', `import type { X } from '../activities/index.js'; export type Y = X;`],
  ['workflows', 'a value from domain', `import { x } from '../domain/lane.js'; export const y: unknown = x;`],
  ['activities', 'a type from workflows', `import type { X } from '../workflows/release.js'; export type Y = X;`],
  ['activities', 'a Node module', `import { readFileSync } from 'node:fs'; export const x = readFileSync;`],
  ['workers', 'the leash', `import { onLeashCut } from '../embedded/leash.js'; export const x: unknown = onLeashCut;`],
  ['client', 'an import() of its own', `export const x = () => import('./commands/release.js');`],
  ['client', 'the messages', `import { x } from '../workflows/messages.js'; export const y: unknown = x;`],
  [
    'client',
    'the admission schema',
    `import { x } from '../../activities/admission/a.js'; export const y: unknown = x;`,
  ],
];

const snippets = [...Object.values(refused).flat(), ...accepted];

// The first of them has the types of all the sources worked out.
vi.setConfig({ testTimeout: 300_000 });

describe.runIf(withEverything('what the linter refuses'))('the linter', () => {
  for (const [rule, broken] of Object.entries(refused)) {
    it.each(broken)('refuses in %s: %s', async (folder, _, source) => {
      expect(await brokenRules(folder, source)).toEqual([rule]);
    });
  }

  it.each(accepted)('accepts in %s: %s', async (folder, _, source) => {
    expect(await brokenRules(folder, source)).toEqual([]);
  });
});

async function brokenRules(folder: string, source: string): Promise<(RuleId | null)[]> {
  const line = sourcesOf(folder).indexOf(source) + 1;
  const { messages } = await resultOf(folder);
  return messages.filter((it) => it.line === line).map(({ ruleId }) => ruleId);
}

const results = new Map<string, Promise<ESLint.LintResult>>();

/** Of all the folder's snippets as one file, a line each: to have the types worked out takes longer than to lint. */
function resultOf(folder: string): Promise<ESLint.LintResult> {
  const known = results.get(folder);
  if (known !== undefined) return known;
  const result = lint(folder, sourcesOf(folder).join('\n'));
  results.set(folder, result);
  return result;
}

async function lint(folder: string, source: string): Promise<ESLint.LintResult> {
  const [result] = await eslint.lintText(source, { filePath: firstFileOf(folder) });
  if (result === undefined) throw new Error(`Expected the files of ${folder}/ to be linted.`);
  expect(result.messages.filter(({ fatal }) => fatal)).toEqual([]);
  return result;
}

function sourcesOf(folder: string): readonly string[] {
  return snippets.filter(([where]) => where === folder).map(([, , source]) => source);
}

function firstFileOf(folder: string): string {
  const files = readdirSync(path.join(packageRoot, folder), { recursive: true, encoding: 'utf8' });
  const file = files.find((name) => name.endsWith('.ts') && !name.endsWith('.d.ts'));
  if (file === undefined) throw new Error(`Expected a TypeScript file in ${folder}/.`);
  return path.join(packageRoot, folder, file);
}
