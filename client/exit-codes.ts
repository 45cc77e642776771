import type { Outcome } from '../domain/release-state.js';

interface Exit {
  readonly code: number;
  readonly meaning: string;
}

/** How the command ends. The outcomes of a release have the same names here as everywhere. */
export const exits = {
  /** A release that was waited for is out; for any other command: what was asked for is done. */
  released: { code: 0, meaning: 'released, or done what was asked for' },
  /** Not the release: sluice itself, or a worker or a server that misbehaves. */
  failure: { code: 1, meaning: 'sluice itself failed' },
  /** Unknown option, missing argument, a file that is not there, a variable that is not set or cannot be read. */
  usage: { code: 2, meaning: 'the command line or the environment is wrong' },
  /** Nothing was started or sent: an invalid manifest, a changed one, a run that has ended. */
  refused: { code: 3, meaning: 'refused; nothing was changed' },
  /** The old version has all traffic again. */
  'rolled-back': { code: 4, meaning: 'rolled back: the old version serves' },
  /** The release waits for a person to say retry, skip, approve or abort. */
  'needs-operator': { code: 5, meaning: 'the release needs an operator' },
  /** Temporal does not answer, no worker does, or the database of `sluice db`. What was sent may still be taken up: the same command attaches. */
  unreachable: { code: 6, meaning: 'Temporal, its workers or the database do not answer' },
  /** Of `sluice db`: what was committed stands, and the same command goes on from there. */
  stopped: { code: 7, meaning: 'a schema change stopped on its way; the same command goes on' },
  /** Ctrl-C: only the watching ended, the release goes on. */
  detached: { code: 130, meaning: 'interrupted; the release goes on by itself' },
} as const satisfies Record<Outcome, Exit> & Record<string, Exit>;

export type ExitName = keyof typeof exits;

export const exitCodesHelp = [
  'Exit codes:',
  ...Object.values(exits).map(({ code, meaning }) => `  ${String(code).padEnd(4)}${meaning}`),
].join('\n');
