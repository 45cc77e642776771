import { type Failure, ReleaseError } from '../../domain/failure.js';
import type { PastRelease, TimedEffect } from '../../domain/history.js';
import { describeRelease } from '../../domain/lane.js';
import type { Plan } from '../../domain/plan.js';
import type { Outcome } from '../../domain/release-state.js';
import { type EffectRow, toRecord } from './effect-rows.js';
import type { Ledger, Tolerated } from './ledger.js';
import type { Ask } from './pg-ledger.js';

interface Row {
  readonly version: string;
  readonly state: PastRelease['state'];
  readonly outcome: Outcome | null;
  readonly failure_code: Failure['code'] | null;
  readonly failure_message: string | null;
  readonly actor: string;
  readonly submitted_at: Date;
  readonly started_at: Date | null;
  readonly ended_at: Date | null;
}

interface TolerationRow {
  readonly contracted_by: string;
  readonly oldest: string;
  readonly older_image_of: string | null;
}

/** Versions are names: which is older is told by when they were released. */
const toleration = `with past as (select * from sluice.release where environment = $1 and service = $2),
  contracted as (
    select by.version as contracted_by, coalesce(stated.version, by.version) as oldest,
      coalesce(stated.sequence, by.sequence) as since
    from past by left join past stated on stated.version = by.request -> 'database' ->> 'oldestVersion'
    where exists (select from sluice.effect where effect.environment = $1 and effect.service = $2
      and effect.version = by.version and name = 'contract' and status <> 'intent')
    order by since desc limit 1)
  select contracted_by, oldest, case when last.sequence < since then last.version end as older_image_of
  from contracted left join lateral (
    select version, sequence from past where plan ->> 'image' = $3 order by sequence desc limit 1
  ) as last on true`;

const columns = 'version, state, outcome, failure_code, failure_message, actor, submitted_at, started_at, ended_at';

/** What was, for people, and for what comes after it. */
export function historyRows(ask: Ask): Pick<Ledger, 'history' | 'readRecord' | 'tolerated'> {
  return {
    async tolerated({ environment, service }, image) {
      const [row] = await ask<TolerationRow>(toleration, [environment, service, image]);
      if (row === undefined) return undefined;
      const { contracted_by: contractedBy, oldest, older_image_of: olderImageOf } = row;
      return { contractedBy, oldest, ...(olderImageOf === null ? {} : { olderImageOf }) } satisfies Tolerated;
    },

    async history({ environment, service }, limit) {
      const rows = await ask<Row>(
        `select ${columns} from sluice.release
          where environment = $1 and service = $2 order by sequence desc limit $3`,
        [environment, service, limit],
      );
      return rows.map(toPastRelease);
    },

    async readRecord(release) {
      const key = [release.lane.environment, release.lane.service, release.version];
      const ofRelease = 'where environment = $1 and service = $2 and version = $3';
      // The release first: one that has ended by then gets no effects after them.
      const [row] = await ask<Row & { readonly plan: Plan | null }>(
        `select ${columns}, plan from sluice.release ${ofRelease}`,
        key,
      );
      if (row === undefined) {
        throw new ReleaseError('release-unknown', `the ledger has no release ${describeRelease(release)}`);
      }
      const effects = await ask<EffectRow>(`select * from sluice.effect ${ofRelease} order by sequence`, key);
      const plan = row.plan === null ? {} : { plan: row.plan };
      return { release: toPastRelease(row), ...plan, effects: effects.map(toTimedEffect) };
    },
  };
}

function toPastRelease(row: Row): PastRelease {
  const { version, state, outcome, actor, failure_code: code, failure_message: message } = row;
  return {
    version,
    state,
    ...(outcome === null ? {} : { outcome }),
    ...(code === null ? {} : { failure: { code, message: message ?? '' } }),
    actor,
    submittedAt: row.submitted_at.getTime(),
    ...(row.started_at === null ? {} : { startedAt: row.started_at.getTime() }),
    ...(row.ended_at === null ? {} : { endedAt: row.ended_at.getTime() }),
  };
}

function toTimedEffect(row: EffectRow): TimedEffect {
  return {
    ...toRecord(row),
    intendedAt: row.intended_at.getTime(),
    ...(row.settled_at === null ? {} : { settledAt: row.settled_at.getTime() }),
  };
}
