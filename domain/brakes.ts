import { type BrakeLimit, type BrakeLimits, type BrakeName, shareText } from './brake-limits.js';
import { byteText, count } from './lint/waits.js';

/** What a server is under, as far as a backfill adds to it. All sizes in bytes. */
export interface Pressure {
  /** Where its log ends. */
  readonly written: number;
  readonly standbys: readonly Standby[];
  /** `undefined` where nothing is archived. */
  readonly archive: Archive | undefined;
  readonly slots: readonly Slot[];
  /** Vacuums that work on the table now. */
  readonly vacuums: readonly Vacuum[];
  readonly rows: { readonly live: number; readonly dead: number; readonly autovacuum: boolean };
}

/** One that replays. */
export interface Standby {
  /** `replica-1 at 10.0.0.7`; two of the same name are told apart by a number. */
  readonly name: string;
  readonly slot: string | null;
  readonly behind: number;
  /** How far it has come; changes when it replays. */
  readonly replayed: string;
}

export interface Archive {
  /** The last file that was archived, `000000010000000000000002`. */
  readonly last: string | null;
  readonly segmentBytes: number;
  /** The file that could not be archived since. */
  readonly failing: string | null;
}

export interface Slot {
  readonly name: string;
  readonly kept: number;
  /** What it may keep on top of that before the server lets it break; `null` without a bound. */
  readonly left: number | null;
}

export interface Vacuum {
  readonly pid: number;
  /** 0 to 1 */
  readonly scanned: number;
}

/** What is remembered of a standby from look to look. */
export interface KnownStandby extends Standby {
  /** When it was last seen to replay, or to have nothing to. Milliseconds of any clock. */
  readonly movedAt: number;
  readonly isGone: boolean;
}

/** One that was there stays known until it comes back, or until its slot was dropped, which says that it will not. */
export function followStandbys(
  known: readonly KnownStandby[],
  { standbys, slots }: Pick<Pressure, 'standbys' | 'slots'>,
  now: number,
): readonly KnownStandby[] {
  const there = standbys.map((standby) => {
    const before = known.find(({ name }) => name === standby.name);
    const stands = before !== undefined && before.replayed === standby.replayed && standby.behind > 0;
    return { ...standby, movedAt: stands ? before.movedAt : now, isGone: false };
  });
  const gone = known
    .filter(({ name }) => !standbys.some((standby) => standby.name === name))
    .filter(({ slot }) => slot === null || slots.some(({ name }) => name === slot))
    .map((standby) => ({ ...standby, isGone: true }));
  return [...there, ...gone];
}

/** Who brakes: what was found, and the limit by its name. */
export interface Brake {
  readonly name: BrakeName;
  readonly found: string;
  readonly limit: string;
}

/** `standby replica-1 has 120 MB to replay (replicaBytes: 64 MB)` */
export function describeBrakes(brakes: readonly Brake[]): string {
  return brakes.map(({ name, found, limit }) => `${found} (${name}: ${limit})`).join('; ');
}

export interface BrakeLook {
  readonly pressure: Pressure;
  /** As `followStandbys` has it of this look. */
  readonly standbys: readonly KnownStandby[];
  /** On the clock of `movedAt`. */
  readonly now: number;
}

/** Everything that speaks against a batch now; empty when nothing does. */
export function brakesOn(look: BrakeLook, limits: BrakeLimits): readonly Brake[] {
  return [...replicaBrakes(look, limits), ...logBrakes(look.pressure, limits), ...tableBrakes(look.pressure, limits)];
}

function replicaBrakes({ standbys, now }: BrakeLook, { replicaBytes, replicaStall }: BrakeLimits): readonly Brake[] {
  return standbys.flatMap(({ name, behind, movedAt, isGone }): readonly Brake[] => {
    const standby = `standby ${name}`;
    const stood = now - movedAt;
    if (isGone) {
      const found = `${standby} was there and has gone`;
      return replicaStall === 'off' ? [] : [{ name: 'replicaStall', found, limit: 'not one may be missing' }];
    }
    return [
      ...over('replicaBytes', behind, replicaBytes, byteText, `${standby} has ${byteText(behind)} to replay`),
      ...over(
        'replicaStall',
        stood,
        replicaStall,
        secondsText,
        `${standby} has replayed nothing for ${secondsText(stood)}, with ${byteText(behind)} to replay`,
      ),
    ];
  });
}

function logBrakes({ written, archive, slots }: Pressure, limits: BrakeLimits): readonly Brake[] {
  const { archiveBytes, slotBytes } = limits;
  const brakes: Brake[] = [];
  if (archive !== undefined && archiveBytes !== 'off') {
    const waits = Math.max(0, written - archivedUpTo(archive, written));
    if (archive.failing !== null) {
      brakes.push({ name: 'archiveBytes', found: `the archiver fails at ${archive.failing}`, limit: 'none may fail' });
    }
    brakes.push(
      ...over('archiveBytes', waits, archiveBytes, byteText, `${byteText(waits)} of log wait for the archiver`),
    );
  }
  for (const { name, kept, left } of slots) {
    const limit =
      slotBytes === 'off' || left === null ? slotBytes : Math.min(slotBytes, (kept + Math.max(0, left)) / 2);
    brakes.push(...over('slotBytes', kept, limit, byteText, `slot ${name} keeps ${byteText(kept)} of log`));
  }
  return brakes;
}

function tableBrakes({ vacuums, rows }: Pressure, { vacuum, deadRows }: BrakeLimits): readonly Brake[] {
  const brakes: Brake[] = [];
  if (vacuum !== 'off') {
    for (const { pid, scanned } of vacuums) {
      const found = `a vacuum (pid ${pid}) works on the table, ${Math.round(scanned * 100)} % read`;
      brakes.push({ name: 'vacuum', found, limit: 'on' });
    }
  }
  const { live, dead, autovacuum } = rows;
  if (dead >= fewestDead) {
    const advice = autovacuum ? '' : '; autovacuum is off for it: run VACUUM';
    const found = `the table has ${count(dead)} dead rows by ${count(live)} living ones${advice}`;
    brakes.push(...over('deadRows', dead / Math.max(1, live), deadRows, shareText, found));
  }
  return brakes;
}

/** What is less is not worth a wait for the next round of autovacuum, once a minute. */
const fewestDead = 1_000_000;

function over(
  name: BrakeName,
  value: number,
  limit: BrakeLimit,
  text: (value: number) => string,
  found: string,
): readonly Brake[] {
  return limit === 'off' || value <= limit ? [] : [{ name, found, limit: text(limit) }];
}

/** Where the log ends that is archived; all of it when no file tells. */
function archivedUpTo({ last, segmentBytes }: Archive, written: number): number {
  const { log, segment } = /^[0-9A-F]{8}(?<log>[0-9A-F]{8})(?<segment>[0-9A-F]{8})/.exec(last ?? '')?.groups ?? {};
  if (log === undefined || segment === undefined) return written;
  const begin = Number.parseInt(log, 16) * 2 ** 32 + Number.parseInt(segment, 16) * segmentBytes;
  // The segment that is being written waits for nobody.
  return Math.max(begin + segmentBytes, 0) + (written % segmentBytes);
}

function secondsText(milliseconds: number): string {
  return `${Math.round(milliseconds / 1000)} s`;
}
