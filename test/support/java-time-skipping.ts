import { execFile } from 'node:child_process';
import { existsSync, mkdirSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { promisify } from 'node:util';
import { TestWorkflowEnvironment } from '@temporalio/testing';
import { cachePath } from '../../embedded/cache.js';

const run = promisify(execFile);

const version = '1.38.0';

/**
 * The one server that skips time, for bakes, warm windows and expiries of hours; null, with the reason printed, where
 * Java is missing or Maven cannot fetch it. Time is skipped for the whole server, so each test file takes its own.
 * Call `teardown()` on it at the end.
 */
export async function timeSkippingEnvironment(): Promise<TestWorkflowEnvironment | null> {
  const launcher = await timeSkippingServer();
  if (launcher === null) return null;
  const server = { executable: { type: 'existing-path', path: launcher } } as const;
  // The SDK gives the server 5 s, which a busy machine may need more than once.
  for (let attempt = 1; ; attempt++) {
    try {
      return await TestWorkflowEnvironment.createTimeSkipping({ server });
    } catch (error) {
      if (attempt === attempts) throw error;
    }
  }
}

const attempts = 10;

/** Path of a program that takes the arguments of the vendor's time-skipping server; null as above. */
export async function timeSkippingServer(): Promise<string | null> {
  const folder = cachePath('temporal-test-server', version);
  const launcher = path.join(folder, 'launch');
  try {
    await run('java', ['-version']);
    if (!existsSync(launcher)) await fetchInto(folder);
    return launcher;
  } catch (error) {
    const reason = (error as Error).message.split('\n', 2).join(' ');
    console.warn(`Skipped: tests that skip time need Java 11, and Maven to fetch their server once (${reason}).`);
    return null;
  }
}

// Made beside and renamed into place: half a folder must never be taken for a server.
async function fetchInto(folder: string): Promise<void> {
  const half = `${folder}.${process.pid}`;
  mkdirSync(half, { recursive: true });
  try {
    writeFileSync(path.join(half, 'pom.xml'), pom);
    const goal = ['dependency:copy-dependencies', '-DincludeScope=runtime', '-DoutputDirectory=lib'];
    await run('mvn', ['--quiet', '--batch-mode', ...goal], { cwd: half, timeout: 300_000 });
    writeFileSync(path.join(half, 'launch'), launchScript, { mode: 0o755 });
    renameSync(half, folder);
  } catch (error) {
    if (!existsSync(path.join(folder, 'launch'))) throw error;
  } finally {
    rmSync(half, { recursive: true, force: true });
  }
}

const pom = `<project xmlns="http://maven.apache.org/POM/4.0.0">
  <modelVersion>4.0.0</modelVersion>
  <groupId>sluice</groupId>
  <artifactId>time-skipping-server</artifactId>
  <version>1</version>
  <dependencies>
    <dependency>
      <groupId>io.temporal</groupId>
      <artifactId>temporal-test-server</artifactId>
      <version>${version}</version>
    </dependency>
  </dependencies>
</project>
`;

// The SDK kills the process it spawned, so java takes the shell's place; a watcher ends it when the SDK's process dies.
const launchScript = `#!/bin/sh
parent=$PPID
server=$$
(while kill -0 "$parent" && kill -0 "$server"; do sleep 1; done; kill -KILL "$server") </dev/null >/dev/null 2>&1 &
exec java -XX:+UseSerialGC -XX:TieredStopAtLevel=1 -cp "$(dirname "$0")/lib/*" io.temporal.testserver.TestServer "$@"
`;
