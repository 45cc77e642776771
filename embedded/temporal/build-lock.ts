import { linkSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';

export interface BuildLock {
  /** Holds the pid of the process that works. */
  readonly file: string;
  readonly log: (line: string) => void;
}

/** Runs `work` while no other process does the same; waits for one that does. A dead owner's lock is taken over. */
export async function withBuildLock<T>({ file, log }: BuildLock, work: () => Promise<T>): Promise<T> {
  let told = false;
  while (!take(file)) {
    const owner = ownerOf(file);
    if (owner === undefined) continue;
    if (!isAlive(owner)) discard(file);
    else if (!told) log(`waiting for process ${owner}, which is building the Temporal server`);
    told = true;
    await sleep(500);
  }
  try {
    return await work();
  } finally {
    rmSync(file, { force: true });
  }
}

// A link appears with its content: nobody ever reads a lock without an owner.
function take(file: string): boolean {
  const mine = `${file}.${process.pid}`;
  writeFileSync(mine, String(process.pid));
  try {
    linkSync(mine, file);
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') return false;
    throw error;
  } finally {
    rmSync(mine, { force: true });
  }
}

function ownerOf(file: string): number | undefined {
  try {
    return Number(readFileSync(file, 'utf8'));
  } catch {
    return undefined;
  }
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}

function discard(file: string): void {
  try {
    renameSync(file, `${file}.stale`);
    rmSync(`${file}.stale`, { force: true });
  } catch {
    // Another process was faster.
  }
}
