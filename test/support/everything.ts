import { it } from 'vitest';

/**
 * Whether a test is run that takes long, and is not what a change most often breaks: in CI, and with `npm run test:all`.
 * Otherwise says that it is left out.
 */
export function withEverything(what: string): boolean {
  if (process.env.SLUICE_TEST_ALL === '1') return true;
  process.stderr.write(`skipped: ${what} (npm run test:all runs it, and so does CI)\n`);
  return false;
}

/** `it` for a file whose tests are all of that kind. */
export function itWithEverything(what: string) {
  return it.runIf(withEverything(what));
}
