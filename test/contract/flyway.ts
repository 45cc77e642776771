import { execFile } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { promisify } from 'node:util';
import { onTestFinished } from 'vitest';
import { fetchJars } from '../support/maven.js';

const run = promisify(execFile);

const version = '11.14.1';

/** A folder with the jars of Flyway's free edition, or why there is none. */
export async function findOrFetchFlyway(): Promise<{ readonly jars: string } | { readonly missing: string }> {
  try {
    const folder = await fetchJars({
      name: 'flyway',
      version,
      artifacts: [
        `org.flywaydb:flyway-core:${version}`,
        `org.flywaydb:flyway-database-postgresql:${version}`,
        'org.postgresql:postgresql:42.7.4',
        'com.fasterxml.jackson.dataformat:jackson-dataformat-toml:2.18.2',
        'com.fasterxml.jackson.dataformat:jackson-dataformat-xml:2.18.2',
        'com.fasterxml.jackson.datatype:jackson-datatype-jsr310:2.18.2',
        'org.fusesource.jansi:jansi:2.4.1',
        'org.slf4j:slf4j-nop:2.0.16',
      ],
      // It asks for the drivers of every database there is.
      bare: [`org.flywaydb:flyway-commandline:${version}`],
    });
    return { jars: path.join(folder, 'lib') };
  } catch (error) {
    const [reason] = (error as Error).message.split('\n');
    return { missing: `Flyway ${version} needs Java 17, and Maven to fetch it once (${reason})` };
  }
}

/** A folder of migrations on disk, for Flyway's eyes; it goes with the test. */
export function folderOf(scripts: Readonly<Record<string, string>>): string {
  const folder = mkdtempSync(path.join(tmpdir(), 'sluice-flyway-'));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  for (const [name, text] of Object.entries(scripts)) {
    mkdirSync(path.dirname(path.join(folder, name)), { recursive: true });
    writeFileSync(path.join(folder, name), text);
  }
  return folder;
}

export interface FlywayInfo {
  readonly version: string;
  readonly state: string;
  readonly type: string;
  readonly filepath: string;
}

export interface FlywayAnswer {
  /** Absent: all went well. */
  readonly error?: string;
  readonly info: readonly FlywayInfo[];
  /** Of `validate`: what it finds wrong. */
  readonly invalid: readonly string[];
  /** Of `migrate`. */
  readonly migrated: number;
}

interface Order {
  readonly jars: string;
  readonly url: string;
  readonly folder: string;
  readonly options?: readonly string[];
}

/** Runs the commands one after the other; the last answer of each kind counts, and the first error. */
export async function flyway({ jars, url, folder, options = [] }: Order, ...commands: string[]): Promise<FlywayAnswer> {
  const { hostname, port, pathname, username, password } = new URL(url);
  const settings = {
    url: `jdbc:postgresql://${hostname}:${port}${pathname}`,
    user: decodeURIComponent(username),
    password: decodeURIComponent(password),
    locations: `filesystem:${folder}`,
    outputType: 'json',
  };
  const args = Object.entries(settings).map(([name, value]) => `-${name}=${value}`);
  const java = ['-XX:+UseSerialGC', '-XX:TieredStopAtLevel=1', '-cp', path.join(jars, '*')];
  const { stdout } = await run('java', [...java, 'org.flywaydb.commandline.Main', ...args, ...options, ...commands], {
    cwd: folder,
    env: { ...process.env, REDGATE_DISABLE_TELEMETRY: 'true' },
  }).catch((failure: { readonly stdout?: string }) => {
    if (failure.stdout?.includes('{') !== true) throw failure;
    return { stdout: failure.stdout };
  });
  return read(JSON.parse(stdout.slice(stdout.indexOf('{'))) as Output);
}

interface Output {
  readonly error?: { readonly message: string };
  readonly individualResults?: readonly Output[];
  readonly operation?: string;
  readonly migrations?: readonly FlywayInfo[];
  readonly migrationsExecuted?: number;
  readonly invalidMigrations?: readonly {
    readonly filepath: string;
    readonly errorDetails: { errorMessage: string };
  }[];
}

function read(output: Output): FlywayAnswer {
  const results = output.individualResults ?? [output];
  const error = [output, ...results].find((each) => each.error !== undefined)?.error?.message;
  const last = (operation: string) => results.findLast((each) => each.operation === operation);
  return {
    ...(error === undefined ? {} : { error }),
    info: last('info')?.migrations ?? [],
    invalid: (last('validate')?.invalidMigrations ?? []).map(({ errorDetails }) => errorDetails.errorMessage),
    migrated: last('migrate')?.migrationsExecuted ?? 0,
  };
}
