import { Context, sleep } from '@temporalio/activity';
import type { Colour } from '../domain/colour.js';
import { durationText } from '../domain/duration.js';
import { ReleaseError } from '../domain/failure.js';
import type { ReleaseRef } from '../domain/lane.js';
import type { ReleaseRequest } from '../domain/release-request.js';
import type { ContractEvidence } from '../domain/schema-change.js';
import type { Migration, SchemaEngine } from './database/schema-engine.js';
import type { Presence } from './presence.js';
import { keptProgress, reportProgress } from './progress.js';

const pollMs = 500;

/** A window may be longer than any attempt, and than a worker lives: the next attempt goes on with it. */
interface Quiet {
  readonly since: number;
  readonly lookedAt: number;
}

/** How long nobody may have looked within a quiet window: until a lost attempt is noticed and the next one is at work. */
const unseenMs = 60_000;

export interface EvidenceParts {
  readonly presence: Presence;
  readonly engine: SchemaEngine;
  readonly readRequest: (release: ReleaseRef) => Promise<ReleaseRequest>;
  readonly readMigration: (release: ReleaseRef) => Promise<Migration>;
}

export interface PresenceQuery {
  readonly release: ReleaseRef;
  readonly old: Colour;
  /** From when the wait was ordered, over all attempts; `version-in-use` after that. */
  readonly patienceMs: number;
}

/** Waits until a version is gone. Reads only; ends when its release no longer waits for it. */
export function createEvidenceActivities(parts: EvidenceParts) {
  const { presence } = parts;
  return {
    /**
     * Until the load balancer has counted no request of the old colour for a whole period: a sticky session or a node
     * that has not read the rule yet would lose its request with the task.
     */
    async awaitNoRequests(query: PresenceQuery): Promise<void> {
      const request = await parts.readRequest(query.release);
      await untilNone(() => presence.requests(request, query.old), query);
    },

    /** Until the old colour's tasks have stopped, deregistration delay included. */
    async awaitRetired(query: PresenceQuery): Promise<void> {
      const request = await parts.readRequest(query.release);
      await untilNone(() => presence.tasks(request, query.old), query);
    },

    /**
     * Until weight, tasks and database sessions of the old version have all been gone for the whole quiet window. What
     * could not be looked at is part of every answer.
     */
    async awaitContractEvidence(query: PresenceQuery & { readonly quietWindowMs: number }): Promise<string> {
      const request = await parts.readRequest(query.release);
      const migration = await parts.readMigration(query.release);
      // From one quiet look to a later one: what was before the first, and after the last, nobody has seen.
      let quiet = keptProgress() as Quiet | undefined;
      for (;;) {
        const askedAt = Date.now();
        const { reasons, unseen } = await againstContract({ ...parts, request, migration, old: query.old });
        if (reasons.length > 0) {
          quiet = undefined;
          refuseImpatiently([...reasons, ...unseen], query);
          reportProgress([...reasons, ...unseen].join('; '));
        } else {
          const lookedAt = Date.now();
          const since = quiet !== undefined && askedAt - quiet.lookedAt <= unseenMs ? quiet.since : lookedAt;
          if (askedAt - since >= query.quietWindowMs) {
            const proven = `${query.old} had no weight, no tasks and no session for ${durationText(query.quietWindowMs)}`;
            return [proven, ...unseen].join('; ');
          }
          quiet = { since, lookedAt };
          reportProgress([`quiet for ${durationText(lookedAt - since)}`, ...unseen].join('; '), quiet);
        }
        await sleep(pollMs);
      }
    },
  };
}

/** Every reason why contract must not begin now, and what was not looked at. */
export async function againstContract(parts: {
  readonly presence: Presence;
  readonly engine: SchemaEngine;
  readonly request: ReleaseRequest;
  readonly migration: Migration;
  readonly old: Colour;
}): Promise<ContractEvidence> {
  const { presence, engine, request, migration, old } = parts;
  const weight = await presence.weight(request, old);
  const tasks = await presence.tasks(request, old);
  const { reasons, unseen } = await engine.contractEvidence(migration);
  return { reasons: [...weight, ...tasks, ...reasons], unseen };
}

export async function untilNone(
  ask: () => Promise<readonly string[]>,
  limit: Pick<PresenceQuery, 'patienceMs'>,
): Promise<void> {
  for (let reasons = await ask(); reasons.length > 0; reasons = await ask()) {
    reportProgress(reasons.join('; '));
    refuseImpatiently(reasons, limit);
    await sleep(pollMs);
  }
}

function refuseImpatiently(reasons: readonly string[], { patienceMs }: Pick<PresenceQuery, 'patienceMs'>): void {
  // Of the order and not of the attempt: a worker that dies does not start the clock again.
  const waitedMs = Date.now() - Context.current().info.scheduledTimestampMs;
  if (waitedMs < patienceMs) return;
  throw new ReleaseError('version-in-use', `${reasons.join('; ')}, after ${Math.round(waitedMs / 1000)} s`);
}
