/** What Flyway's configuration says about the text of files. */
export interface FlywaySettings {
  readonly placeholderReplacement: boolean;
  /** Default `${`. */
  readonly prefix: string;
  /** Default `}`. */
  readonly suffix: string;
  /** Between `flyway` and the name of one of Flyway's own. Default `:`. */
  readonly separator: string;
  readonly placeholders: Readonly<Record<string, string>>;
}

export const defaultSettings: FlywaySettings = {
  placeholderReplacement: true,
  prefix: '${',
  suffix: '}',
  separator: ':',
  placeholders: {},
};

/** What a configuration file says; a line of it that is refused has no effect. */
export interface ReadSettings<Settings> {
  readonly settings: Settings;
  readonly problems: readonly SettingProblem[];
}

export interface SettingProblem {
  /** From 1. */
  readonly line: number;
  readonly message: string;
}

/** Reads `flyway.conf`. */
export function readSettings(text: string): ReadSettings<FlywaySettings> {
  return read(text, defaultSettings, (settings, key, value) => {
    const name = /^flyway\.placeholders\.(.+)$/.exec(key)?.[1];
    if (/\$\{.*\}/.test(value)) {
      return 'expected the value itself, found a variable of the environment, which is another one where the file is run';
    }
    if (name !== undefined) return { ...settings, placeholders: { ...settings.placeholders, [name]: value } };
    switch (key) {
      case 'flyway.placeholderPrefix':
        return value === '' ? 'expected a text, found none' : { ...settings, prefix: value };
      case 'flyway.placeholderSuffix':
        return value === '' ? 'expected a text, found none' : { ...settings, suffix: value };
      case 'flyway.placeholderSeparator':
        return value === '' ? 'expected a text, found none' : { ...settings, separator: value };
      case 'flyway.placeholderReplacement':
        return withReplacement(settings, value);
      case 'flyway.encoding':
      case 'flyway.executeInTransaction':
        return problemOfShared(key.slice('flyway.'.length), value) ?? settings;
      default:
        return 'expected a setting of placeholders: nothing else of this file would be heeded. Put it into a configuration of Flyway’s own, and give Flyway both';
    }
  });
}

/** What `V1__a.sql.conf` says of `V1__a.sql`. */
export interface ScriptConfig {
  /** Absent: as for the whole folder. */
  readonly placeholderReplacement?: boolean;
}

export function readScriptConfig(text: string): ReadSettings<ScriptConfig> {
  return read<ScriptConfig>(text, {}, (config, key, value) => {
    switch (key) {
      case 'placeholderReplacement':
        return withReplacement(config, value);
      case 'encoding':
      case 'executeInTransaction':
        return problemOfShared(key, value) ?? config;
      case 'shouldExecute':
        return 'expected none: only the paid editions have it, and a file that is not run leaves a phase without an end. Remove the file, or the line';
      default:
        return 'expected placeholderReplacement, executeInTransaction or encoding';
    }
  });
}

function withReplacement<Settings>(settings: Settings, value: string): Settings | string {
  if (value !== 'true' && value !== 'false') return `expected true or false, found "${value}"`;
  return { ...settings, placeholderReplacement: value === 'true' };
}

function problemOfShared(key: string, value: string): string | undefined {
  if (key === 'encoding') {
    return /^utf-?8$/i.test(value) ? undefined : `expected UTF-8, found "${value}"; convert the files`;
  }
  return value === 'true'
    ? undefined
    : `expected true, found "${value}": each file is one transaction, so that none is left half done. For an index without a lock there is the operation create_index`;
}

/** `key=value` lines; `#` begins a comment. */
function read<Settings>(
  text: string,
  initial: Settings,
  take: (settings: Settings, key: string, value: string) => Settings | string,
): ReadSettings<Settings> {
  let settings = initial;
  const problems: SettingProblem[] = [];
  for (const [index, line] of text.split(/\r\n|\r|\n/).entries()) {
    const [, key, value] = /^\s*([^\s=#][^=]*?)\s*=\s*(.*?)\s*$/.exec(line) ?? [];
    if (/^\s*(#|$)/.test(line)) continue;
    const taken = key === undefined ? 'expected key=value' : take(settings, key, value ?? '');
    if (typeof taken === 'string') {
      problems.push({ line: index + 1, message: key === undefined ? taken : `${key}: ${taken}` });
    } else settings = taken;
  }
  return { settings, problems };
}
