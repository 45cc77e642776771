import { existsSync, readFileSync, readdirSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { createProgram } from '../../client/program.js';
import { packageRoot } from '../../embedded/package-root.js';
import { commandsOf } from '../../client/help.js';
import { commandTaken, nameOf } from '../client/command-taken.js';

// Every page of the repository: what it links to is there, and what it tells a reader to type is taken.

const elsewhere = new Set(['node_modules', 'dist', '.git', '.sluice']);
const pages = readdirSync(packageRoot, { withFileTypes: true })
  .filter(({ name }) => !elsewhere.has(name))
  .flatMap((entry) => {
    if (!entry.isDirectory()) return [entry.name];
    const below = readdirSync(path.join(packageRoot, entry.name), { recursive: true, encoding: 'utf8' });
    return below.map((name) => path.join(entry.name, name));
  })
  .filter((name) => name.endsWith('.md'));

const textOf = (page: string) => readFileSync(path.join(packageRoot, page), 'utf8');
const withoutCode = (text: string) => text.replaceAll(/^ *```[^]*?^ *```$/gm, '');
const codeBlocks = (text: string) => [...text.matchAll(/^ *```\w*\n([^]*?)^ *```$/gm)].map(([, code = '']) => code);

/** As GitHub makes them of headings. */
function anchorsOf(page: string): ReadonlySet<string> {
  const seen = new Map<string, number>();
  const anchors = [...withoutCode(textOf(page)).matchAll(/^#+ (.*)$/gm)].map(([, heading = '']) => {
    const words = heading.replaceAll(/\]\([^)]*\)/g, '').toLowerCase();
    const anchor = words.replaceAll(/[^\p{L}\p{N}\s_-]/gu, '').replaceAll(' ', '-');
    const before = seen.get(anchor) ?? 0;
    seen.set(anchor, before + 1);
    return before === 0 ? anchor : `${anchor}-${before}`;
  });
  return new Set(anchors);
}

function linksOf(page: string): readonly string[] {
  const prose = withoutCode(textOf(page));
  return [...prose.matchAll(/\]\(([^)\s]+)\)/g)].map(([, link = '']) => link).filter((link) => !/^\w+:/.test(link));
}

describe.each(pages)('%s', (page) => {
  it('links to pages and headings there are', () => {
    const dead = linksOf(page).filter((link) => {
      const [file = '', anchor] = link.split('#');
      const target = file === '' ? page : path.join(path.dirname(page), file);
      if (!existsSync(path.join(packageRoot, target))) return true;
      return anchor !== undefined && !anchorsOf(target).has(anchor);
    });
    expect(dead).toEqual([]);
  });

  // A usage line of the reference says what may stand there; it is no command.
  const lines = codeBlocks(textOf(page))
    .flatMap((code) => [...code.matchAll(/^ *(?:npx )?(sluice .*)$/gm)].map(([, line = '']) => line))
    .map((line) => line.replace(/ +#.*$/, ''))
    .filter((line) => !line.includes('[options]'));

  if (lines.length > 0) {
    it('has no command line that sluice would not take', async () => {
      const answers = await Promise.all(
        lines.map((line) =>
          commandTaken(line).then(
            () => 'taken',
            (error: Error) => `${line}: ${error.message}`,
          ),
        ),
      );
      expect(answers.filter((answer) => answer !== 'taken')).toEqual([]);
    });
  }

  it('names no command there is not', async () => {
    const known = new Set([...(await createProgram()).commands.map((command) => command.name()), 'help']);
    const named = [...withoutCode(textOf(page)).matchAll(/`(?:npx )?sluice ([a-z]+)/g)].map(([, name = '']) => name);
    expect(named.filter((name) => !known.has(name))).toEqual([]);
  });
});

it('finds the pages, their links and their commands', () => {
  expect(pages).toEqual(expect.arrayContaining(['README.md', path.join('docs', 'reference', 'json.md')]));
  expect(linksOf('README.md').length).toBeGreaterThan(5);
  expect(anchorsOf('docs/how-to/production.md')).toContain('aws');
});

it('documents what every command prints with --json', async () => {
  const reference = textOf('docs/reference/json.md');
  const leaves = commandsOf(await createProgram()).filter(
    ({ parent, commands }) => parent !== null && commands.length === 0,
  );
  for (const command of leaves) expect(reference).toContain(`| \`${nameOf(command)}\` | [`);
});
