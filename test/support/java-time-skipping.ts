import { writeFileSync } from 'node:fs';
import path from 'node:path';
import { TestWorkflowEnvironment } from '@temporalio/testing';
import { fetchJars } from './maven.js';

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
  try {
    const folder = await fetchJars({
      name: 'temporal-test-server',
      version,
      artifacts: [`io.temporal:temporal-test-server:${version}`],
      prepare: (half) => writeFileSync(path.join(half, 'launch'), launchScript, { mode: 0o755 }),
    });
    return path.join(folder, 'launch');
  } catch (error) {
    const reason = (error as Error).message.split('\n', 2).join(' ');
    console.warn(`Skipped: tests that skip time need Java 11, and Maven to fetch their server once (${reason}).`);
    return null;
  }
}

// The SDK kills the process it spawned, so java takes the shell's place; a watcher ends it when the SDK's process dies.
const launchScript = `#!/bin/sh
parent=$PPID
server=$$
(while kill -0 "$parent" && kill -0 "$server"; do sleep 1; done; kill -KILL "$server") </dev/null >/dev/null 2>&1 &
exec java -XX:+UseSerialGC -XX:TieredStopAtLevel=1 -cp "$(dirname "$0")/lib/*" io.temporal.testserver.TestServer "$@"
`;
