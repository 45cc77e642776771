import { readFile } from 'node:fs/promises';
import type { OpenPoint } from './reports.js';

/** Marks what a person has to settle: what could not be known, or does not exist yet. */
export const mark = '# CHANGE:';

/** What is still open in a draft, one sentence each. */
export function openPoints(draft: string): readonly string[] {
  return draft.split('\n').flatMap(sentencesOf);
}

/** What is still open in manifests, by its lines. */
export async function openPointsIn(files: readonly string[]): Promise<readonly OpenPoint[]> {
  const points = await Promise.all(
    files.map(async (file) =>
      (await readFile(file, 'utf8'))
        .split('\n')
        .flatMap((line, index) => sentencesOf(line).map((open) => ({ file, line: index + 1, open }))),
    ),
  );
  return points.flat();
}

function sentencesOf(line: string): readonly string[] {
  const [, words] = /# CHANGE: (.*)$/.exec(line) ?? [];
  return words === undefined ? [] : [words.trimEnd()];
}
