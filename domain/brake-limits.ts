import { durationText } from './duration.js';
import { byteText } from './lint/waits.js';

/** Above it a backfill waits before its next batch. `off`: nobody looks. */
export type BrakeLimit = number | 'off';

export type BrakeName =
  'replicaBytes' | 'replicaStall' | 'archiveBytes' | 'slotBytes' | 'vacuum' | 'deadRows' | 'standbyQueries';

/** Bytes, milliseconds, or a share of the living rows, by the name. */
export type BrakeLimits = Readonly<Record<BrakeName, BrakeLimit>>;

interface BrakeKind {
  readonly unit: 'size' | 'duration' | 'share' | 'switch';
  /** As people write it. */
  readonly fallback: string;
  readonly meaning: string;
}

export const brakeKinds: Readonly<Record<BrakeName, BrakeKind>> = {
  replicaBytes: {
    unit: 'size',
    fallback: '64MB',
    meaning: 'Log that a standby has yet to replay.',
  },
  replicaStall: {
    unit: 'duration',
    // A standby that is busy reports every 10 s.
    fallback: '15s',
    meaning: 'How long a standby may replay nothing while there is something to. Also: one that was there has gone.',
  },
  archiveBytes: {
    unit: 'size',
    fallback: '1GB',
    meaning: 'Log that waits to be archived. Also: the archiver fails.',
  },
  slotBytes: {
    unit: 'size',
    fallback: '4GB',
    meaning: 'Log that a replication slot keeps; half of what the server lets it keep, where that is less.',
  },
  vacuum: {
    unit: 'switch',
    fallback: 'on',
    meaning: 'A vacuum that works on the table is let finish.',
  },
  deadRows: {
    unit: 'share',
    fallback: '50%',
    meaning: 'Dead rows of the table by its living ones, from a million on: autovacuum cannot keep up.',
  },
  standbyQueries: {
    unit: 'switch',
    fallback: 'on',
    meaning:
      'Of strong locks, not of backfills: queries on standbys that say so (hot_standby_feedback) are let finish.',
  },
};

export const brakeNames = Object.keys(brakeKinds) as readonly BrakeName[];

/** Those that a backfill waits for before a batch: they can be changed while it runs. */
export const batchBrakeNames = brakeNames.filter((name) => name !== 'standbyQueries');

/** How somebody takes `standbyQueries` away: a phase knows it from its start. */
export const lookAway =
  'say --brake standbyQueries=off to `sluice db` when it begins, or have standbyQueries: off in database.brakes of a release’s manifest';

/** `64MB`, `15s`, `50%`, `on`, and for each `off`; `undefined` for anything else. */
export function readBrakeLimit(name: BrakeName, text: string): BrakeLimit | undefined {
  if (text === 'off') return 'off';
  const { unit } = brakeKinds[name];
  if (unit === 'switch') return text === 'on' ? 0 : undefined;
  const { number, suffix = '' } = /^(?<number>\d+(\.\d+)?)(?<suffix>[a-zA-Z%]+)$/.exec(text)?.groups ?? {};
  const factor = new Map(Object.entries(factors[unit])).get(suffix);
  return number === undefined || factor === undefined ? undefined : Number(number) * factor;
}

/** What `readBrakeLimit` takes. */
export function describeBrakeLimit(name: BrakeName): string {
  const { unit } = brakeKinds[name];
  return {
    size: 'a size such as 512kB, 64MB or 4GB, or off',
    duration: 'a duration such as 500ms, 15s or 5m, or off',
    share: 'a share such as 50%, or off',
    switch: 'on or off',
  }[unit];
}

/** `64 MB`, `15 s`, `50 %`, `on`, `off` */
export function brakeLimitText(name: BrakeName, limit: BrakeLimit): string {
  if (limit === 'off') return 'off';
  const texts = { size: byteText, duration: durationText, share: shareText, switch: () => 'on' };
  return texts[brakeKinds[name].unit](limit);
}

export function shareText(share: number): string {
  return `${Math.round(share * 100)} %`;
}

const factors = {
  size: { kB: 1e3, MB: 1e6, GB: 1e9, TB: 1e12 },
  duration: { ms: 1, s: 1_000, m: 60_000, h: 3_600_000 },
  share: { '%': 0.01 },
} as const;

export const defaultBrakeLimits = Object.fromEntries(
  brakeNames.map((name) => [name, readBrakeLimit(name, brakeKinds[name].fallback)]),
) as BrakeLimits;
