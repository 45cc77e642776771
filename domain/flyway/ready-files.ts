import type { MigrationFile } from '../migration.js';
import { isStatements, nameProblem, scriptOfConfig, settingsFile } from './companions.js';
import { type PlaceholderFacts, replacePlaceholders } from './placeholders.js';
import { defaultSettings, type FlywaySettings, readScriptConfig, readSettings } from './settings.js';

export interface ReadyFiles {
  /** As they are run; what they were before, `source` tells. */
  readonly files: readonly MigrationFile[];
  readonly problems: readonly FileProblem[];
}

export interface FileProblem {
  readonly file: MigrationFile;
  /** From 1; absent when it is about the file as a whole. */
  readonly line?: number;
  readonly message: string;
}

/** Does with a folder's files what Flyway does before it runs them, and says what it cannot do. */
export function readyFiles(files: readonly MigrationFile[], facts: PlaceholderFacts): ReadyFiles {
  const problems: FileProblem[] = [...fileProblems(files)];
  const ready = files.map((file) => {
    const settings = settingsFor(file, files);
    if (!isStatements(file) || !settings.placeholderReplacement) return file;
    const replaced = replacePlaceholders(file.sql, settings, { ...facts, filename: file.name });
    for (const { at, message } of replaced.problems) {
      problems.push({ file, line: file.sql.slice(0, at).split('\n').length, message });
    }
    return replaced.text === file.sql ? file : { ...file, sql: replaced.text, source: file.sql };
  });
  return { files: ready, problems };
}

/** What can be said without a database, and without the placeholders' values. */
export function fileProblems(files: readonly MigrationFile[]): readonly FileProblem[] {
  return files.flatMap((file): readonly FileProblem[] => {
    const message = nameProblem(file, files);
    if (message !== undefined) return [{ file, message }];
    if (file.name === settingsFile) return at(file, readSettings(file.sql).problems);
    return scriptOfConfig(file.name) === undefined ? [] : at(file, readScriptConfig(file.sql).problems);
  });
}

function at(
  file: MigrationFile,
  problems: readonly { readonly line: number; readonly message: string }[],
): readonly FileProblem[] {
  return problems.map((problem) => ({ file, ...problem }));
}

function settingsFor({ phase, name }: MigrationFile, files: readonly MigrationFile[]): FlywaySettings {
  const find = (wanted: string) => files.find((file) => file.phase === phase && file.name === wanted)?.sql;
  const [folder, script] = [find(settingsFile), find(`${name}.conf`)];
  return {
    ...(folder === undefined ? defaultSettings : readSettings(folder).settings),
    ...(script === undefined ? {} : readScriptConfig(script).settings),
  };
}
