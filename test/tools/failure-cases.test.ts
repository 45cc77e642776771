import { readFileSync } from 'node:fs';
import path from 'node:path';
import { expect, it } from 'vitest';
import { packageRoot } from '../../embedded/package-root.js';

// What the pages say is shown, a test of that name shows.

const read = (file: string) => readFileSync(path.join(packageRoot, file), 'utf8');

const named = /`(?<file>test\/[^`]+\.ts)`: `(?<name>[^`]+)`/g;
const testsIn = (text: string) =>
  [...text.matchAll(named)].map(({ groups }) => ({ file: groups?.file ?? '', name: groups?.name ?? '' }));

const cases = read('docs/explanation/failure-cases.md')
  .split(/^## /m)
  .slice(1)
  .map((text) => ({
    title: text.split('\n')[0] ?? '',
    items: text.split('\n').filter((line) => line.startsWith('- ')),
    tests: testsIn(text),
  }));

/** As the title of a test, the name of a lifecycle, or a rule's key; comments and texts do not count. */
function holds({ file, name }: { readonly file: string; readonly name: string }): boolean {
  const literal = `'${name}'`.replaceAll(/[.*+?^${}()|[\]\\]/g, '\\$&');
  return new RegExp(
    `^ *((it(\\.concurrent|\\.each\\(\\w+\\)|\\.skipIf\\(!\\w+\\))?\\(|name: )\\s*${literal},|${literal}: {)`,
    'm',
  ).test(read(file));
}

it('numbers its cases without a gap, and each has a test or says that it has none', () => {
  expect(cases.map(({ title }) => Number.parseInt(title))).toEqual(cases.map((_, index) => index + 1));
  expect(cases.filter(({ items }) => items.length === 0)).toEqual([]);
  const others = cases.flatMap(({ items, tests }) => items.slice(tests.length));
  expect(others.filter((line) => !line.startsWith('- **not shown yet**: '))).toEqual([]);
});

it('names tests that there are', () => {
  const tests = cases.flatMap((each) => each.tests);
  expect(tests.length).toBeGreaterThan(cases.length);
  expect(tests.filter((test) => !holds(test))).toEqual([]);
});

it('names tests that there are on the page of what proves that a version is gone', () => {
  const tests = testsIn(read('docs/explanation/the-old-version-is-gone.md'));
  expect(tests.length).toBeGreaterThan(5);
  expect(tests.filter((test) => !holds(test))).toEqual([]);
});
