import { describe, expect, it } from 'vitest';
import { type PresenceQuery, createEvidenceActivities } from '../../activities/contract-evidence.js';
import type { Migration, SchemaEngine } from '../../activities/database/schema-engine.js';
import type { ReleaseRequest } from '../../domain/release-request.js';
import { attempt, inActivity } from './in-activity.js';

// What is left of the old version is a list of answers; the last one stays.

type Kind = 'weight' | 'tasks' | 'requests' | 'sessions';
type Answers = Partial<Record<Kind, readonly (readonly string[])[]>> & { readonly unseen?: readonly string[] };

const none: readonly (readonly string[])[] = [[]];

function evidenceOn(answers: Answers) {
  const asked: { readonly kind: Kind; readonly of: unknown; readonly at: number; readonly reasons: number }[] = [];
  const counts: Record<Kind, number> = { weight: 0, tasks: 0, requests: 0, sessions: 0 };
  const answer = (kind: Kind, of: unknown): Promise<string[]> => {
    const script = answers[kind] ?? none;
    const reasons = script[Math.min(counts[kind]++, script.length - 1)] ?? [];
    asked.push({ kind, of, at: Date.now(), reasons: reasons.length });
    return Promise.resolve([...reasons]);
  };
  const request = { version: '2' } as ReleaseRequest;
  const migration = { lane: 'test/shop' } as Migration;
  const activities = createEvidenceActivities({
    presence: {
      isThere: () => Promise.resolve(true),
      weight: (_, colour) => answer('weight', colour),
      tasks: (_, colour) => answer('tasks', colour),
      requests: (_, colour) => answer('requests', colour),
    },
    engine: {
      contractEvidence: async (of: Migration) => ({
        reasons: await answer('sessions', of.lane),
        unseen: answers.unseen ?? [],
      }),
    } as unknown as SchemaEngine,
    readRequest: () => Promise.resolve(request),
    readMigration: () => Promise.resolve(migration),
  });
  return { ...activities, asked };
}

const query: PresenceQuery = {
  release: { lane: { environment: 'test', service: 'shop' }, version: '2' },
  old: 'blue',
  patienceMs: 60_000,
};

describe.concurrent.each([
  ['awaitNoRequests', 'requests'],
  ['awaitRetired', 'tasks'],
] as const)('%s', (activity, kind) => {
  it(`waits until the old colour has no ${kind}, and says what it waits for`, async () => {
    const evidence = evidenceOn({ [kind]: [['one is left'], ['one is left', 'another too'], []] });
    const waiting = attempt(() => evidence[activity](query));
    await waiting.heard('one is left; another too');
    await waiting.end;
    expect(evidence.asked.map(({ kind: about, of }) => [about, of])).toEqual(Array(3).fill([kind, 'blue']));
  });

  it('asks a person once it has waited for too long since it was ordered, over all attempts', async () => {
    const evidence = evidenceOn({ [kind]: [['one is left']] });
    const ordered = (agoMs: number) => ({
      attempt: 7,
      scheduledTimestampMs: Date.now() - agoMs,
      currentAttemptScheduledTimestampMs: Date.now(),
    });
    await expect(inActivity(() => evidence[activity](query), ordered(60_000))).rejects.toMatchObject({
      code: 'version-in-use',
      message: 'one is left, after 60 s',
    });
    const patient = attempt(() => evidence[activity](query), ordered(50_000));
    await patient.heard('one is left');
    patient.cancel();
    await expect(patient.end).rejects.toMatchObject({ name: 'CancelledFailure' });
  });

  it('does not run out of patience with nobody', async () => {
    const over = { scheduledTimestampMs: Date.now() - 3_600_000 };
    await inActivity(() => evidenceOn({})[activity](query), over);
  });
});

describe.concurrent('awaitContractEvidence', () => {
  const quietWindowMs = 900;

  it('asks for weight, tasks and sessions, and answers with what it has proven', async () => {
    const evidence = evidenceOn({});
    const proven = inActivity(() => evidence.awaitContractEvidence({ ...query, quietWindowMs }));
    expect(await proven).toBe('blue had no weight, no tasks and no session for 900 ms');
    expect(evidence.asked.slice(0, 3)).toMatchObject([
      { kind: 'weight', of: 'blue' },
      { kind: 'tasks', of: 'blue' },
      { kind: 'sessions', of: 'test/shop' },
    ]);
  });

  it.each(['weight', 'tasks', 'sessions'] as const)('begins the quiet window anew when it sees %s', async (kind) => {
    const evidence = evidenceOn({ [kind]: [[], ['there they are'], []] });
    const waiting = attempt(() => evidence.awaitContractEvidence({ ...query, quietWindowMs }));
    await waiting.heard('quiet for');
    await waiting.heard('there they are');
    await waiting.end;
    const looks = evidence.asked.filter((look) => look.kind === kind);
    const quiet = looks.slice(looks.findIndex(({ reasons }) => reasons > 0) + 1);
    expect((quiet.at(-1)?.at ?? NaN) - (quiet[0]?.at ?? NaN)).toBeGreaterThanOrEqual(quietWindowMs);
  });

  it('looks once more when the window is over', async () => {
    const evidence = evidenceOn({ sessions: [[], [], ['pid 4711'], []] });
    const waiting = attempt(() => evidence.awaitContractEvidence({ ...query, quietWindowMs }));
    await waiting.heard('pid 4711');
    await waiting.end;
  });

  it('names everything that speaks against it', async () => {
    const evidence = evidenceOn({ weight: [['weight 5'], []], tasks: [['a task'], []], sessions: [['pid 4711'], []] });
    const waiting = attempt(() => evidence.awaitContractEvidence({ ...query, quietWindowMs }));
    expect(await waiting.heard('weight')).toBe('weight 5; a task; pid 4711');
    await waiting.end;
  });

  it('says what it could not look at with all it says: what it waits for, whom it found, what it has proven', async () => {
    const unseen = ['not looked at: statements of other roles; grant it'];
    const evidence = evidenceOn({ sessions: [[], ['pid 4711'], []], unseen });
    const waiting = attempt(() => evidence.awaitContractEvidence({ ...query, quietWindowMs }));
    expect(await waiting.heard('quiet for')).toBe(`quiet for 0 ms; ${unseen[0]}`);
    expect(await waiting.heard('pid 4711')).toBe(`pid 4711; ${unseen[0]}`);
    expect(await waiting.end).toMatch(/no session for 900 ms; not looked at: statements of other roles; grant it$/);
    const over = { scheduledTimestampMs: Date.now() - 61_000 };
    const lingering = evidenceOn({ sessions: [['pid 4711']], unseen });
    await expect(
      inActivity(() => lingering.awaitContractEvidence({ ...query, quietWindowMs }), over),
    ).rejects.toMatchObject({
      message: expect.stringMatching(/^pid 4711; not looked at: .*, after 6\d s$/) as string,
    });
  });

  it('asks a person when the old version lingers, however quiet it was in between', async () => {
    const evidence = evidenceOn({ sessions: [[], ['pid 4711']] });
    const ordered = { scheduledTimestampMs: Date.now() - 61_000 };
    const waiting = attempt(() => evidence.awaitContractEvidence({ ...query, quietWindowMs: 30_000 }), ordered);
    await expect(waiting.end).rejects.toMatchObject({
      code: 'version-in-use',
      message: expect.stringMatching(/^pid 4711, after 6\d s$/) as string,
    });
  });

  it('goes on with the window of an attempt that was lost: it may be longer than any of them', async () => {
    const now = Date.now();
    const long = { ...query, quietWindowMs: 48 * 3_600_000 };
    const before = (lookedAgoMs: number) => ({
      attempt: 2,
      heartbeatDetails: { detail: 'quiet', kept: { since: now - long.quietWindowMs, lookedAt: now - lookedAgoMs } },
    });
    const proven = inActivity(() => evidenceOn({}).awaitContractEvidence(long), before(6_000));
    expect(await proven).toBe('blue had no weight, no tasks and no session for 48 h');

    // Nobody knows who was there while nobody looked.
    const unseen = attempt(() => evidenceOn({}).awaitContractEvidence(long), before(120_000));
    await unseen.heard('quiet for 0 ms');
    unseen.cancel();
    await expect(unseen.end).rejects.toMatchObject({ name: 'CancelledFailure' });

    const seen = evidenceOn({ sessions: [['pid 4711'], []] });
    const anew = attempt(() => seen.awaitContractEvidence(long), before(6_000));
    await anew.heard('quiet for 0 ms');
    anew.cancel();
    await expect(anew.end).rejects.toMatchObject({ name: 'CancelledFailure' });
  });

  it('ends when its release no longer waits for it', async () => {
    const waiting = attempt(() => evidenceOn({}).awaitContractEvidence({ ...query, quietWindowMs: 3_600_000 }));
    await waiting.heard('quiet for');
    waiting.cancel();
    await expect(waiting.end).rejects.toMatchObject({ name: 'CancelledFailure' });
  });
});
