import { ReleaseError } from '../../domain/failure.js';
import { type Lane, type ReleaseRef, describeRelease } from '../../domain/lane.js';
import type { Plan } from '../../domain/plan.js';
import type { ReleaseRequest } from '../../domain/release-request.js';
import type { Outcome } from '../../domain/release-state.js';
import type { Ledger, LedgerRelease, RegisteredRelease, StoredSubmission } from './ledger.js';
import type { Ask } from './pg-ledger.js';

interface Row {
  readonly environment: string;
  readonly service: string;
  readonly version: string;
  readonly manifest_hash: string;
  readonly submission: StoredSubmission;
  readonly actor: string;
  readonly state: 'queued' | 'running' | 'ended';
  readonly request: ReleaseRequest | null;
  readonly plan: Plan | null;
  readonly generation: string | null;
  readonly outcome: Outcome | null;
  readonly failure_code: string | null;
}

type ReleaseMethods = 'register' | 'openReleases' | 'readRelease' | 'begin' | 'end' | 'withdraw';

export function releaseRows(ask: Ask): Pick<Ledger, ReleaseMethods> {
  const key = (release: ReleaseRef) => [release.lane.environment, release.lane.service, release.version];

  async function find(release: ReleaseRef): Promise<Row | undefined> {
    const rows = await ask<Row>(
      'select * from sluice.release where environment = $1 and service = $2 and version = $3',
      key(release),
    );
    return rows[0];
  }

  async function read(release: ReleaseRef): Promise<Row> {
    const row = await find(release);
    if (row === undefined)
      throw new ReleaseError('release-unknown', `the ledger has no release ${describeRelease(release)}`);
    return row;
  }

  return {
    async register(registration) {
      const { lane, manifestHash, submission, actor } = registration;
      await ask('insert into sluice.lane (environment, service) values ($1, $2) on conflict do nothing', [
        lane.environment,
        lane.service,
      ]);
      // A refused release never started: nothing was changed, so the same id may come again with any content.
      const inserted = await ask<Row>(
        `insert into sluice.release as known (environment, service, version, manifest_hash, submission, actor, state)
         values ($1, $2, $3, $4, $5, $6, 'queued')
         on conflict (environment, service, version) do update
            set manifest_hash = excluded.manifest_hash, submission = excluded.submission, actor = excluded.actor,
                sequence = default, state = 'queued', request = null, plan = null, plan_hash = null, generation = null, outcome = null,
                failure_code = null, failure_message = null, submitted_at = now(), started_at = null, ended_at = null
          where known.outcome = 'refused'
         returning *`,
        [...key(registration), manifestHash, JSON.stringify(submission), actor],
      );
      if (inserted[0] !== undefined) return toRegistered(inserted[0], false);

      const known = await read(registration);
      if (known.manifest_hash !== manifestHash) {
        throw new ReleaseError(
          'release-changed',
          `${describeRelease(registration)} was admitted with content ${known.manifest_hash}; this content is ${manifestHash}`,
        );
      }
      return toRegistered(known, true);
    },

    async openReleases(lane?: Lane) {
      const rows = await ask<Row>(
        `select * from sluice.release
          where state <> 'ended' and ($1::text is null or (environment = $1 and service = $2))
          order by sequence`,
        [lane?.environment ?? null, lane?.service ?? null],
      );
      return rows.map((row) => toRegistered(row, true));
    },

    async readRelease(release): Promise<LedgerRelease> {
      const row = await read(release);
      return {
        ...toRegistered(row, true),
        submission: row.submission,
        ...(row.request === null ? {} : { request: row.request }),
        ...(row.plan === null ? {} : { plan: row.plan }),
        ...(row.generation === null ? {} : { generation: Number(row.generation) }),
      };
    },

    async begin(release, { request, plan, planHash }, seen = 0) {
      // The release's row is locked first: of two that begin it at a time the second finds it begun, and takes no generation.
      const [begun] = await ask<Row>(
        `with queued as (
           select from sluice.release
            where environment = $1 and service = $2 and version = $3 and state = 'queued' for update),
         lane as (
           update sluice.lane set generation = greatest(generation, $7) + 1
             from queued
            where environment = $1 and service = $2
           returning generation)
         update sluice.release set state = 'running', started_at = now(), request = $6, plan = $4, plan_hash = $5, generation = lane.generation
           from lane
          where release.environment = $1 and release.service = $2 and version = $3 and state = 'queued'
         returning release.*`,
        [...key(release), JSON.stringify(plan), planHash, JSON.stringify(request), seen],
      );
      const row = begun ?? (await read(release));
      if (row.plan === null || row.generation === null) {
        throw new ReleaseError('release-unknown', `${describeRelease(release)} has ended; it cannot begin again`);
      }
      return { plan: row.plan, generation: Number(row.generation) };
    },

    async end(result) {
      await ask(
        `update sluice.release
            set state = 'ended', outcome = $4, failure_code = $5, failure_message = $6, ended_at = now()
          where environment = $1 and service = $2 and version = $3 and state <> 'ended'`,
        [...key(result), result.outcome, result.failure?.code ?? null, result.failure?.message ?? null],
      );
    },

    async withdraw(release, { code, message }) {
      await ask(
        `update sluice.release
            set state = 'ended', outcome = 'refused', failure_code = $4, failure_message = $5, ended_at = now()
          where environment = $1 and service = $2 and version = $3 and state = 'queued'`,
        [...key(release), code, message],
      );
      const { outcome, failure_code: found } = await read(release);
      return outcome === 'refused' && found === code;
    },
  };
}

function toRegistered(row: Row, attached: boolean): RegisteredRelease {
  return {
    lane: { environment: row.environment, service: row.service },
    version: row.version,
    manifestHash: row.manifest_hash,
    actor: row.actor,
    state: row.state,
    ...(row.outcome === null ? {} : { outcome: row.outcome }),
    attached,
  };
}
