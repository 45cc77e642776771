import { readFileSync, readdirSync } from 'node:fs';

/** What a process and all that it started hold in memory, shared pages counted once; megabytes. Linux only. */
export function residentMegabytes(rootPid: number): number {
  const children = new Map<number, number[]>();
  for (const entry of readdirSync('/proc')) {
    const pid = Number(entry);
    if (!Number.isInteger(pid)) continue;
    const parent = parentOf(pid);
    if (parent !== undefined) children.set(parent, [...(children.get(parent) ?? []), pid]);
  }
  const total = (pid: number): number =>
    proportionalKilobytes(pid) + (children.get(pid) ?? []).reduce((sum, child) => sum + total(child), 0);
  return total(rootPid) / 1024;
}

function parentOf(pid: number): number | undefined {
  // The name stands in brackets and may hold anything.
  const stat = readOrNothing(`/proc/${pid}/stat`);
  const parent = stat.slice(stat.lastIndexOf(')') + 2).split(' ')[1];
  return parent === undefined ? undefined : Number(parent);
}

function proportionalKilobytes(pid: number): number {
  return Number(/^Pss:\s+(\d+)/m.exec(readOrNothing(`/proc/${pid}/smaps_rollup`))?.[1] ?? 0);
}

function readOrNothing(file: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch {
    // It has ended meanwhile.
    return '';
  }
}
