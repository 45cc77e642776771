import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach } from 'vitest';
import { ClientError } from '../../client/client-error.js';
import { readManifestFile } from '../../client/manifest-file.js';
import { validMigrations } from '../activities/admission/valid-manifest.js';

type Content = string | Uint8Array;

export interface ManifestFolder {
  readonly path: string;
  /** Writes files by their path, gives back the path of the first one. */
  readonly write: (files: Readonly<Record<string, Content>>) => string;
  readonly refusalOf: (...files: [string, ...string[]]) => Promise<ClientError>;
  /** `v2.yaml:4:10 image expected …` */
  readonly problemsIn: (...files: [string, ...string[]]) => Promise<string[]>;
}

/** The valid migrations, where the valid manifest looks for them when it lies in `releases/`. */
export const migrationFiles = Object.fromEntries(
  validMigrations.map(({ phase, name, sql }) => [`migrations/v2/${phase}/${name}`, sql]),
);

/** A folder of its own for each test of the file. */
export function withManifestFolder(): ManifestFolder {
  let folder = '';
  beforeEach(() => {
    folder = mkdtempSync(path.join(tmpdir(), 'sluice-manifest-'));
  });
  afterEach(() => rmSync(folder, { recursive: true, force: true }));

  function write(files: Readonly<Record<string, Content>>): string {
    const paths = Object.entries(files).map(([name, content]) => {
      const file = path.join(folder, name);
      mkdirSync(path.dirname(file), { recursive: true });
      writeFileSync(file, content);
      return file;
    });
    return paths[0] as string;
  }

  async function refusalOf(...files: [string, ...string[]]): Promise<ClientError> {
    const error: unknown = await readManifestFile(...files).then(
      () => new Error('it was accepted'),
      (reason: unknown) => reason,
    );
    if (!(error instanceof ClientError)) throw error;
    return error;
  }

  return {
    get path() {
      return folder;
    },
    write,
    refusalOf,
    async problemsIn(...files) {
      const { problems } = await refusalOf(...files);
      return problems.map((it) => `${path.relative(folder, it.file)}:${it.line}:${it.column} ${it.path} ${it.message}`);
    },
  };
}
