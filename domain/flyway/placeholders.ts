import type { FlywaySettings } from './settings.js';

/** What Flyway's own placeholders stand for in a database. */
export interface PlaceholderFacts {
  readonly defaultSchema: string;
  readonly user: string;
  readonly database: string;
}

/** Where there is no database to ask. */
export const unknownFacts: PlaceholderFacts = { defaultSchema: 'public', user: 'postgres', database: 'postgres' };

export interface Replaced {
  readonly text: string;
  readonly problems: readonly { /** Offset in the text as it was. */ readonly at: number; readonly message: string }[];
}

/**
 * Replaces placeholders wherever they stand, in comments and strings as well, as Flyway does: by their names in capitals or
 * not, and what a value holds is not looked at again. One without a value stays.
 */
export function replacePlaceholders(
  text: string,
  { prefix, suffix, separator, placeholders }: FlywaySettings,
  own: PlaceholderFacts & { readonly filename: string },
): Replaced {
  const values = new Map([
    ...Object.entries(placeholders).map(([name, value]) => [name.toLowerCase(), value] as const),
    ...Object.entries({ ...own, table: 'flyway_schema_history' }).map(
      ([name, value]) => [`flyway${separator}${name}`.toLowerCase(), value] as const,
    ),
  ]);
  const pieces: string[] = [];
  const problems: { at: number; message: string }[] = [];
  let behind = 0;
  for (let at = text.indexOf(prefix); at >= 0; at = text.indexOf(prefix, behind)) {
    const end = text.indexOf(suffix, at + prefix.length);
    const name = text.slice(at + prefix.length, end < 0 ? undefined : end);
    const value = end < 0 ? undefined : values.get(name.toLowerCase());
    const until = end < 0 ? text.length : end + suffix.length;
    if (value === undefined) {
      problems.push({
        at,
        message: end < 0 ? `expected ${suffix} after ${prefix}, found none` : missing(name, separator),
      });
    }
    pieces.push(text.slice(behind, at), value ?? text.slice(at, until));
    behind = until;
  }
  return { text: [...pieces, text.slice(behind)].join(''), problems };
}

function missing(name: string, separator: string): string {
  const own = `flyway${separator}`;
  if (!name.toLowerCase().startsWith(own)) {
    return `expected flyway.placeholders.${name} in flyway.conf, found none; or placeholderReplacement=false, when it is no placeholder`;
  }
  const reason = perRun[name.slice(own.length)] ?? 'there is no such placeholder';
  return `${name}: ${reason}`;
}

const perRun: Readonly<Record<string, string>> = {
  timestamp: 'it is another one with each attempt, and so would the file be; write now()',
  workingDirectory: 'files are run by a process whose folder means nothing; write the value out',
  environment: 'a release does the same in every environment; write the value out',
};
