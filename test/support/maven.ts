import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, rename, rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { promisify } from 'node:util';
import { cachePath } from '../../embedded/cache.js';

const run = promisify(execFile);

export interface JarOrder {
  /** With the version it names the folder in the user's cache. */
  readonly name: string;
  readonly version: string;
  /** `group:artifact:version`, each with all it needs at run time. */
  readonly artifacts: readonly string[];
  /** The same, without what they need. */
  readonly bare?: readonly string[];
  /** Puts more into the folder before it is there. */
  readonly prepare?: (folder: string) => void;
}

/** A folder whose `lib/` holds the jars; Maven fetches them once. Throws where Java or Maven is missing. */
export async function fetchJars({ name, version, artifacts, bare = [], prepare }: JarOrder): Promise<string> {
  await run('java', ['-version']);
  const folder = cachePath(name, version);
  if (existsSync(folder)) return folder;
  await mkdir(path.dirname(folder), { recursive: true });
  // Made beside and renamed into place: half a folder must never be taken for a whole one.
  const half = await mkdtemp(`${folder}-fetching-`);
  try {
    await writeFile(
      path.join(half, 'pom.xml'),
      pom([...artifacts.map((each) => dependency(each)), ...bare.map((each) => dependency(each, withoutOthers))]),
    );
    const goal = ['dependency:copy-dependencies', '-DincludeScope=runtime', '-DoutputDirectory=lib'];
    await run('mvn', ['--quiet', '--batch-mode', ...goal], { cwd: half, timeout: 300_000 });
    prepare?.(half);
    await rename(half, folder);
  } catch (error) {
    // Another process may have been faster.
    if (!existsSync(folder)) throw error;
  } finally {
    await rm(half, { recursive: true, force: true });
  }
  return folder;
}

const withoutOthers = '<exclusions><exclusion><groupId>*</groupId><artifactId>*</artifactId></exclusion></exclusions>';

function dependency(coordinates: string, rest = ''): string {
  const [group = '', artifact = '', version = ''] = coordinates.split(':');
  return `<dependency><groupId>${group}</groupId><artifactId>${artifact}</artifactId><version>${version}</version>${rest}</dependency>`;
}

function pom(dependencies: readonly string[]): string {
  return `<project xmlns="http://maven.apache.org/POM/4.0.0">
  <modelVersion>4.0.0</modelVersion>
  <groupId>sluice</groupId>
  <artifactId>jars</artifactId>
  <version>1</version>
  <dependencies>
    ${dependencies.join('\n    ')}
  </dependencies>
</project>
`;
}
