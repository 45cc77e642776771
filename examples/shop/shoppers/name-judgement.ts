import type { CustomerFound } from './findings.js';
import type { NamePromise } from './promises.js';
import type { Representations } from './representations.js';

export interface NameEvidence {
  /** Any of these is right. */
  readonly right: readonly NamePromise[];
  readonly found: CustomerFound | undefined;
  readonly representations: Representations;
  readonly splitsKept: boolean;
}

export interface NameJudgement {
  /** In words; undefined when all is well. */
  readonly wrong?: string;
  /** False while the new columns wait for the backfill. */
  readonly filled: boolean;
}

export function judgeName({ right, found, representations, splitsKept }: NameEvidence): NameJudgement {
  const wanted = right.map(({ name }) => `"${name}"`).join(' or ');
  if (!found) return { wrong: `is not in the database and was ${wanted}`, filled: true };

  const { fullName, firstName, lastName } = found;
  const empty = representations.split !== undefined && firstName === null && lastName === null;
  const waiting = empty && representations.full === 'customers.full_name';
  const splitToCheck = representations.split !== undefined && !waiting;
  const fits = (promise: NamePromise) =>
    (representations.full === undefined || fullName === promise.name) &&
    (!splitToCheck || splitFits(promise, found, splitsKept));
  if (right.some(fits)) return { filled: !waiting };
  const is = [
    ...(representations.full ? [`"${fullName}"`] : []),
    ...(splitToCheck ? [`"${firstName}" + "${lastName}"`] : []),
  ];
  return { wrong: `is ${is.join(' and ')} and was ${wanted}`, filled: !waiting };
}

// Version 1 knows no split: any that reads like the name is right. The others said where it is.
function splitFits(promise: NamePromise, { firstName, lastName }: CustomerFound, splitsKept: boolean): boolean {
  if (firstName === null || lastName === null) return false;
  if (!splitsKept || promise.version === undefined || promise.version === '1') {
    return [firstName, lastName].filter(Boolean).join(' ') === promise.name;
  }
  return firstName === promise.firstName && lastName === promise.lastName;
}
