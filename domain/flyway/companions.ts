import { type MigrationFile, parseMigrationName } from '../migration.js';

/** The callbacks that phases have a place for, in the order in which they are run. */
export const callbackEvents = ['beforeMigrate', 'beforeEachMigrate', 'afterEachMigrate', 'afterMigrate'] as const;

export type CallbackEvent = (typeof callbackEvents)[number];

/** Flyway's settings for all files of a folder; each phase that has files has a copy. */
export const settingsFile = 'flyway.conf';

const callbackName = /^(?<event>(?:before|after|create)[A-Z][A-Za-z]*|deploy)(?:__.+)?\.sql$/;

/** The event in `beforeMigrate.sql` or `beforeMigrate__grants.sql`, known or not; `undefined` when it is no callback's name. */
export function parseCallbackName(name: string): string | undefined {
  return callbackName.exec(name)?.groups?.event;
}

/** `V1__a.sql`, of `V1__a.sql.conf`; `undefined` when it is no script's configuration. */
export function scriptOfConfig(name: string): string | undefined {
  return name.endsWith('.sql.conf') ? name.slice(0, -'.conf'.length) : undefined;
}

/** Whether it holds statements: a script or a callback. */
export function isStatements({ name }: Pick<MigrationFile, 'name'>): boolean {
  return parseMigrationName(name) !== undefined || parseCallbackName(name) !== undefined;
}

/** The callbacks of a phase for an event, by name as Flyway runs them. */
export function callbacksOf(
  files: readonly MigrationFile[],
  phase: MigrationFile['phase'],
  event: CallbackEvent,
): readonly MigrationFile[] {
  return files
    .filter((file) => file.phase === phase && parseCallbackName(file.name) === event)
    .toSorted((a, b) => (a.name < b.name ? -1 : 1));
}

/** What speaks against a file's name where it stands; `undefined` when it belongs there. */
export function nameProblem(file: MigrationFile, files: readonly MigrationFile[]): string | undefined {
  const { name, phase } = file;
  if (name === settingsFile || parseMigrationName(name) !== undefined) return undefined;
  const script = scriptOfConfig(name);
  const isBeside = (wanted: (other: MigrationFile) => boolean) =>
    files.some((other) => other.phase === phase && wanted(other));
  if (script !== undefined) {
    return isBeside((other) => other.name === script)
      ? undefined
      : `expected ${script} beside it, found none; it configures nothing`;
  }
  const event = parseCallbackName(name);
  if (event !== undefined) {
    const reason = callbackProblem(event, phase);
    if (reason !== undefined) return reason;
    return isBeside((other) => parseMigrationName(other.name) !== undefined)
      ? undefined
      : `expected files beside it in ${phase}/ for which it is called, found none; remove it`;
  }
  if (/^R__/.test(name)) {
    return `repeatable files have no phase: what they replace, the old version still uses; write it as a V file of expand/ or contract/`;
  }
  return `expected a name such as V2.1__add_names.sql, or U2.1__add_names.sql for its undo, found ${JSON.stringify(name)}`;
}

function callbackProblem(event: string, phase: MigrationFile['phase']): string | undefined {
  if ((callbackEvents as readonly string[]).includes(event)) {
    return phase === 'backfill'
      ? `a backfill is many transactions, before, between and after which nothing of yours is run; put it into expand/ or contract/`
      : undefined;
  }
  const isAbout = (what: RegExp) => what.test(event);
  const why = isAbout(/Error$/)
    ? 'what fails for want of a lock is tried again, and what fails for good is rolled back: there is no moment for it'
    : isAbout(/Undo/)
      ? 'going back is the U files alone'
      : isAbout(/Repeatables$/)
        ? 'there are no repeatable files in phases'
        : isAbout(/Applied$/)
          ? 'after a crash nobody can tell whether this run has applied a file; write afterMigrate so that twice is the same as once'
          : isAbout(/Statement$|Versioned$/)
            ? `use ${event.startsWith('before') ? 'beforeEachMigrate' : 'afterEachMigrate'}`
            : 'sluice has no such moment in a phase';
  return `expected one of the callbacks ${callbackEvents.join(', ')}, found ${event}: ${why}`;
}
