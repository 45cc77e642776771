import type { PhaseSession } from './phase-session.js';

/** What stays to be read when the progress has gone on. */
export function tellNotice({ log, run }: PhaseSession, file: string, detail: string): void {
  log(`${file}: ${detail}`);
  run.onProgress({ file, detail, isNotice: true });
}
