import { readFileSync } from 'node:fs';

/** What tools/build.mjs wrote beside the compiled program: the git commit it was built from. */
export function stampedBuildId(): string {
  try {
    return readFileSync(new URL('../build-id', import.meta.url), 'utf8').trim();
  } catch {
    // Not compiled, as in tests that import the source.
    return 'development';
  }
}
