import { describe, expect, it } from 'vitest';
import { brakeNames, type BrakeLimits, defaultBrakeLimits, readBrakeLimit } from '../../domain/brake-limits.js';
import { brakesOn, describeBrakes, followStandbys, type Pressure, type Standby } from '../../domain/brakes.js';

const calm: Pressure = {
  written: 5 * 16 * 2 ** 20 + 100,
  standbys: [],
  archive: undefined,
  slots: [],
  vacuums: [],
  rows: { live: 100, dead: 0, autovacuum: true },
};

const replica: Standby = { name: 'replica-1', slot: null, behind: 0, replayed: '0/100' };

function brakes(changes: Partial<Pressure>, limits: Partial<BrakeLimits> = {}): string {
  const pressure = { ...calm, ...changes };
  const look = { pressure, standbys: followStandbys([], pressure, 0), now: 0 };
  return describeBrakes(brakesOn(look, { ...defaultBrakeLimits, ...limits }));
}

it.each([
  ['replicaBytes', '64MB', 64e6],
  ['replicaStall', '1.5m', 90_000],
  ['deadRows', '50%', 0.5],
  ['vacuum', 'on', 0],
  ['vacuum', 'off', 'off'],
  ['slotBytes', '64', undefined],
  ['slotBytes', '64s', undefined],
  ['slotBytes', '-1GB', undefined],
  ['vacuum', '1GB', undefined],
] as const)('reads %s=%s', (name, text, limit) => {
  expect(readBrakeLimit(name, text)).toEqual(limit);
});

it('has a default for each', () => {
  expect(brakeNames.filter((name) => typeof defaultBrakeLimits[name] !== 'number')).toEqual([]);
});

describe('a server', () => {
  const segmentBytes = 16 * 2 ** 20;
  const last = '000000010000000000000003';
  const archive = { last, segmentBytes, failing: null };

  it.each<[what: string, changes: Partial<Pressure>, limits: Partial<BrakeLimits>, brakes: string]>([
    ['that is calm', {}, {}, ''],
    [
      'whose standby is behind',
      { standbys: [{ ...replica, behind: 65e6 }] },
      {},
      'standby replica-1 has 65 MB to replay (replicaBytes: 64 MB)',
    ],
    ['whose standby is as far behind as it may be', { standbys: [{ ...replica, behind: 64e6 }] }, {}, ''],
    ['whose standbys nobody looks at', { standbys: [{ ...replica, behind: 65e6 }] }, { replicaBytes: 'off' }, ''],
    ['whose archiver has one segment to do', { archive }, { archiveBytes: segmentBytes }, ''],
    [
      'whose archiver has one segment too many to do',
      { archive },
      { archiveBytes: segmentBytes - 1 },
      '16.8 MB of log wait for the archiver (archiveBytes: 16.8 MB)',
    ],
    ['whose archiver has not told yet', { archive: { ...archive, last: null } }, { archiveBytes: 0 }, ''],
    [
      'whose archiver fails',
      { archive: { ...archive, failing: last } },
      {},
      `the archiver fails at ${last} (archiveBytes: none may fail)`,
    ],
    ['whose archiver nobody looks at', { archive: { ...archive, failing: last } }, { archiveBytes: 'off' }, ''],
    [
      'whose slot keeps too much',
      { slots: [{ name: 'old', kept: 5e9, left: null }] },
      {},
      'slot old keeps 5 GB of log (slotBytes: 4 GB)',
    ],
    [
      'whose slot has used more than half of what it has',
      { slots: [{ name: 'old', kept: 6e8, left: 4e8 }] },
      {},
      'slot old keeps 600 MB of log (slotBytes: 500 MB)',
    ],
    [
      'that vacuums the table',
      { vacuums: [{ pid: 7, scanned: 0.254 }] },
      {},
      'a vacuum (pid 7) works on the table, 25 % read (vacuum: on)',
    ],
    ['whose vacuums nobody looks at', { vacuums: [{ pid: 7, scanned: 0 }] }, { vacuum: 'off' }, ''],
    ['with few dead rows', { rows: { live: 100, dead: 999_999, autovacuum: true } }, {}, ''],
    ['with as many dead rows as it may', { rows: { live: 2e6, dead: 1e6, autovacuum: true } }, {}, ''],
    [
      'with too many dead rows',
      { rows: { live: 2e6, dead: 1_500_000, autovacuum: false } },
      {},
      'the table has 1,500,000 dead rows by 2,000,000 living ones; autovacuum is off for it: run VACUUM (deadRows: 50 %)',
    ],
  ])('%s', (_what, changes, limits, expected) => {
    expect(brakes(changes, limits)).toBe(expected);
  });
});

describe('a standby', () => {
  const stands = { ...replica, behind: 10 };
  const stall = { ...defaultBrakeLimits, replicaStall: 1_000 };
  const after = (...looks: readonly (readonly Standby[])[]) => {
    const slots = [{ name: 'one', kept: 0, left: null }];
    const pressures = looks.map((standbys) => ({ ...calm, standbys, slots }));
    let known = followStandbys([], { standbys: [], slots }, 0);
    pressures.forEach((pressure, index) => (known = followStandbys(known, pressure, index * 2_000)));
    const look = { pressure: calm, standbys: known, now: (looks.length - 1) * 2_000 };
    return describeBrakes(brakesOn(look, stall));
  };

  it('brakes when it replays nothing although it has something to', () => {
    expect(after([stands], [stands])).toMatch(
      /replayed nothing for 2 s, with 10 bytes to replay \(replicaStall: 1 s\)/,
    );
    expect(after([stands], [stands], [{ ...stands, replayed: '0/200' }])).toBe('');
    expect(after([replica], [replica])).toBe('');
  });

  it('brakes from when it has gone until it is back', () => {
    expect(after([replica], [], [])).toMatch(/replica-1 was there and has gone/);
    expect(after([replica], [], [replica])).toBe('');
  });

  it('is forgotten when its slot was dropped', () => {
    expect(after([{ ...replica, slot: 'one' }], [])).toMatch(/has gone/);
    expect(after([{ ...replica, slot: 'two' }], [])).toBe('');
  });
});
