import { describeDifference, type SchemaDrift, type SchemaRepairs } from '../domain/schema-change.js';
import { colours } from './colours.js';

/** A table or view, and below it what is not as it was left. */
export function driftLines(drift: readonly SchemaDrift[]): readonly string[] {
  return drift.flatMap(({ relation, leftBy, differences }) => [
    `${colours.bold(relation)} is not as ${leftBy} left it:`,
    ...differences.map((difference) => `  ${describeDifference(difference)}`),
  ]);
}

/** What will be done, before it is asked whether to. */
export function repairLines({ drift, failed, realigned }: SchemaRepairs): readonly string[] {
  return [
    ...(drift.length === 0 ? [] : ['Will accept as it is now:', ...driftLines(drift)]),
    ...failed.map((script) => `Will forget the failed attempt of ${script}.`),
    ...realigned.map(({ file, was, is }) => `Will record ${file} as ${is}, was ${was}.`),
    ...(realigned.length === 0 ? [] : ['What was run with the earlier content stays as it was run.']),
  ];
}
