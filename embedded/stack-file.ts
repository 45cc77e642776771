import { readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import type { Stack } from './stack.js';

/** Where a running stack can be reached: `stack.json` in its state folder. */
export interface StackFile {
  /** The process that holds the stack; it stops everything on SIGTERM. */
  readonly pid: number;
  readonly temporalAddress: string;
  readonly temporalUi: string;
  readonly awsEndpoint: string;
  readonly shopUrl: string;
  readonly shopDatabaseUrl: string;
  readonly ledgerUrl: string;
}

const fileIn = (stateDir: string): string => path.join(stateDir, 'stack.json');

export function describeStack(stack: Stack): StackFile {
  return {
    pid: process.pid,
    temporalAddress: stack.temporal.address,
    temporalUi: stack.temporal.uiUrl ?? '',
    awsEndpoint: stack.simulator.ready.endpoint,
    shopUrl: stack.infrastructure.url,
    shopDatabaseUrl: stack.shopDatabaseUrl,
    ledgerUrl: stack.ledgerUrl,
  };
}

/** It holds the passwords of local databases, so only its owner may read it; made beside and renamed, so nobody reads half of it. */
export function writeStackFile(stateDir: string, content: StackFile): void {
  const half = `${fileIn(stateDir)}.new`;
  writeFileSync(half, `${JSON.stringify(content, null, 2)}\n`, { mode: 0o600 });
  renameSync(half, fileIn(stateDir));
}

export function removeStackFile(stateDir: string): void {
  rmSync(fileIn(stateDir), { force: true });
}

/** The stack that is running; a file whose process is gone is removed. */
export function readStackFile(stateDir: string): StackFile | undefined {
  let content: StackFile;
  try {
    content = JSON.parse(readFileSync(fileIn(stateDir), 'utf8')) as StackFile;
  } catch {
    return undefined;
  }
  try {
    process.kill(content.pid, 0);
    return content;
  } catch {
    removeStackFile(stateDir);
    return undefined;
  }
}
