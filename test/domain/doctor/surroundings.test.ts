import { describe, expect, it } from 'vitest';
import { judgeTemporal, judgeWorker } from '../../../domain/doctor/doctor.js';
import type { PollerFacts, TemporalFacts, WorkerFacts } from '../../../domain/doctor/facts.js';
import type { Finding } from '../../../domain/doctor/finding.js';
import { clockOffset } from '../../../domain/doctor/worker.js';
import { searchAttributeNames } from '../../../domain/search-attributes.js';

const troubled = (findings: readonly Finding[]) =>
  findings
    .filter(({ verdict }) => verdict !== 'ok')
    .map(({ verdict, about, found }) => `${verdict} ${about}: ${found}`);

describe('Temporal', () => {
  const poller = (queue: string, kind: PollerFacts['kind'], buildId = 'a'): PollerFacts => ({
    queue,
    kind,
    buildId,
    identity: '1@host',
  });
  const pollers = [
    poller('sluice-release', 'workflows'),
    poller('sluice-release', 'activities'),
    poller('sluice-undo', 'activities'),
  ];
  const sound: TemporalFacts = {
    where: 'here',
    serverVersion: '1.31',
    namespace: 'default',
    taskQueuePrefix: 'sluice',
    searchAttributes: Object.fromEntries(searchAttributeNames.map((name) => [name, 2])),
    reaper: { everyMs: 60_000, paused: false },
    pollers,
  };
  const { searchAttributes: _none, ...nowhere } = sound;
  const { reaper: _noReaper, ...unwatched } = sound;

  it('is sound when everything is there', () => {
    expect(troubled(judgeTemporal(sound))).toEqual([]);
  });

  it.each<[string, TemporalFacts, RegExp]>([
    ['no namespace', nowhere, /^broken namespace: expected the namespace default/],
    [
      'a missing search attribute',
      { ...sound, searchAttributes: { ...sound.searchAttributes, SluiceLane: undefined as never } },
      /^broken search attributes: SluiceLane are not registered/,
    ],
    [
      'a search attribute of another type',
      { ...sound, searchAttributes: { ...sound.searchAttributes, SluiceLane: 1 } },
      /^broken search attributes: .*SluiceLane of another type/,
    ],
    ['no reaper', unwatched, /^broken reaper schedule: .*found none/],
    ['a paused reaper', { ...sound, reaper: { everyMs: 1, paused: true } }, /^warning reaper schedule: .*paused/],
    ['no worker for undo', { ...sound, pollers: pollers.slice(0, 2) }, /^broken workers: .*activities of sluice-undo$/],
    [
      'two builds',
      { ...sound, pollers: [...pollers, poller('sluice-undo', 'activities', 'b')] },
      /^warning workers: .*build a, b/,
    ],
  ])('sees %s', (_what, facts, words) => {
    expect(troubled(judgeTemporal(facts))).toEqual([expect.stringMatching(words)]);
  });
});

describe('clocks', () => {
  it.each([
    ['within the question', { at: 1_500, from: 1_000, to: 2_000, grainMs: 1 }, 0],
    ['ahead', { at: 5_000, from: 1_000, to: 2_000, grainMs: 1 }, 3_000],
    ['behind', { at: 500, from: 1_000, to: 2_000, grainMs: 1 }, -499],
    ['cut to whole seconds', { at: 1_000, from: 1_900, to: 1_950, grainMs: 1_000 }, 0],
  ])('are compared for certain: %s', (_what, reading, offset) => {
    expect(clockOffset(reading)).toBe(offset);
  });
});

describe('the worker', () => {
  const clock = { at: 1_000, from: 1_000, to: 1_000, grainMs: 1 };
  const sound: WorkerFacts = {
    at: 1_000,
    ledger: { seen: { applied: ['0001'], missing: [], clock } },
    awsClock: { seen: clock },
    permissions: [{ action: 'ecs:UpdateService', outcome: 'allowed', detail: '' }],
  };
  const asked = { from: 900, to: 1_100 };

  it('is sound when everything answers', () => {
    expect(troubled(judgeWorker(sound, asked))).toEqual([]);
  });

  it.each<[string, Partial<WorkerFacts>, RegExp]>([
    ['a clock that runs ahead', { at: 11_100 }, /^warning clock of the worker: 10 s ahead of this machine/],
    ['a clock of another hour', { at: 3_600_000 }, /^broken clock of the worker/],
    [
      'AWS in another time',
      { awsClock: { seen: { ...clock, at: -9_000, grainMs: 0 } } },
      /^warning clock of AWS: 10 s behind the worker/,
    ],
    [
      'a ledger that is away',
      { ledger: { failure: { code: 'ledger-unreachable', message: 'gone' } } },
      /^broken ledger: gone/,
    ],
    [
      'a ledger without its schema',
      { ledger: { seen: { applied: [], missing: ['0001'], clock } } },
      /^broken ledger: .*0001/,
    ],
    [
      'a missing permission',
      { permissions: [{ action: 'ecs:UpdateService', outcome: 'denied', detail: 'no' }] },
      /^broken AWS permissions: ecs:UpdateService is denied: no/,
    ],
    [
      'a permission nobody can tell',
      { permissions: [{ action: 'ecs:UpdateService', outcome: 'unknown', detail: 'away' }] },
      /^warning AWS permissions: .*could not be tried: away/,
    ],
  ])('sees %s', (_what, change, words) => {
    expect(troubled(judgeWorker({ ...sound, ...change }, asked))).toEqual([expect.stringMatching(words)]);
  });
});
