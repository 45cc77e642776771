import type { ClientError } from './client-error.js';
import { colours } from './colours.js';
import type { LocatedProblem } from './located-problem.js';

/** A refusal on stderr: problems first, then what it means, then what to do. */
export function errorText(error: ClientError): string {
  return [...error.problems.map(problemText), `${colours.red(error.code)}: ${error.message}`, error.remedy].join('\n');
}

function problemText({ file, line, column, path, message }: LocatedProblem): string {
  return `${file}:${line}:${column}: ${path === '' ? '' : `${colours.bold(path)}: `}${message}`;
}
