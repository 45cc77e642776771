import { type Failure, failures, isReleaseError } from '../../domain/failure.js';
import type { ReleaseRecord } from '../../domain/history.js';
import { type Lane, type ReleaseRef, describeRelease } from '../../domain/lane.js';
import { type LiveState, weightsOf } from '../../domain/plan.js';
import { type PlanQuestion, type Preview, previewDuration, previewSteps } from '../../domain/preview.js';
import type { ReleaseRequest } from '../../domain/release-request.js';
import type { LivePlan } from '../admission/live-plan.js';
import { parseSubmission } from '../admission/read-request.js';
import { manifestHash } from '../admission/request-schema.js';
import { refuseOutdated } from '../admission/tolerance.js';
import { lintPreviews } from '../database/lint/lint-preview.js';
import { migrationPreviews } from '../database/migration-preview.js';
import type { Ledger, LedgerRelease } from '../ledger/ledger.js';

/** Enough for a median; of an older one the lane may have forgotten everything. */
const precedents = 5;
const lookedAt = 50;

export function createPlanQuestion({ ledger, live }: { readonly ledger: Ledger; readonly live: LivePlan }) {
  return {
    /**
     * What the release would do if it were submitted now. Reads only; every reason to refuse is in the answer, whatever
     * may pass by itself is thrown. `manifest-invalid` when there is nothing to plan.
     */
    async plan(asked: PlanQuestion): Promise<Preview> {
      const request = parseSubmission(asked);
      const hash = manifestHash(asked);
      const { migrations } = asked;
      const known = await findRelease(request);
      const traffic = await finalOr(() => live.planTraffic(request));
      const schema = await finalOr(() => live.planSchema(request));

      const changed = refuseChanged(request, hash, known);
      const previews = migrationPreviews(migrations, 'found' in schema ? schema.found.pending : undefined);
      const submitted = known === undefined || changed.length > 0 ? {} : submittedOf(known);
      // To submit it again attaches, whatever the live state has become by the release itself.
      const attaches = 'submitted' in submitted;
      const refused = [
        ...refusalsOf(traffic, ({ planned }) => planned),
        ...refusalsOf(schema, (it) => it),
        ...(await refuseOutdated(ledger, request)).map((message): Failure => ({ code: 'plan-refused', message })),
      ];
      const base = {
        manifestHash: hash,
        refusals: attaches ? [] : [...changed, ...refused],
        waitsBehind: await waitsBehind(request),
        ...submitted,
        ...('found' in traffic ? weightsNow(request, traffic.found.state) : {}),
        migrations: previews,
        ...('found' in schema && schema.found.versions !== undefined ? { versions: schema.found.versions } : {}),
        ...('found' in schema && schema.found.rollback !== undefined ? { rollback: schema.found.rollback } : {}),
        ...('found' in schema && schema.found.softContract !== undefined
          ? { softContract: schema.found.softContract }
          : {}),
        ...('found' in schema && schema.found.unseen !== undefined ? { unseen: schema.found.unseen } : {}),
        lint: await lintPreviews(migrations, previews),
      };
      if (attaches || !('found' in traffic && 'plan' in traffic.found.planned)) return { ...base, steps: [] };
      const { plan } = traffic.found.planned;
      const earlier = await released(request.lane);
      const steps = previewSteps(plan, earlier);
      return { ...base, plan, steps, duration: previewDuration(plan, steps, earlier) };
    },
  };

  async function findRelease(release: ReleaseRef): Promise<LedgerRelease | undefined> {
    try {
      return await ledger.readRelease(release);
    } catch (error) {
      if (isReleaseError(error) && error.code === 'release-unknown') return undefined;
      throw error;
    }
  }

  /** The releases that have not ended and were there before it. */
  async function waitsBehind({ lane, version }: ReleaseRef): Promise<string[]> {
    const open = (await ledger.openReleases(lane)).map((release) => release.version);
    const own = open.indexOf(version);
    return own === -1 ? open : open.slice(0, own);
  }

  async function released(lane: Lane): Promise<readonly ReleaseRecord[]> {
    const past = (await ledger.history(lane, lookedAt)).filter(({ outcome }) => outcome === 'released');
    return Promise.all(past.slice(0, precedents).map(({ version }) => ledger.readRecord({ lane, version })));
  }
}

function weightsNow(request: ReleaseRequest, { rule }: LiveState): Pick<Preview, 'weights'> {
  return rule === null ? {} : { weights: weightsOf(request, rule) };
}

type Look<T> = { readonly found: T } | { readonly refusal: Failure };

/** What a failure that does not pass by itself would do to the release is to refuse it. */
async function finalOr<T>(look: () => Promise<T>): Promise<Look<T>> {
  try {
    return { found: await look() };
  } catch (error) {
    if (!isReleaseError(error) || failures[error.code].retryable) throw error;
    return { refusal: { code: error.code, message: error.message } };
  }
}

function refusalsOf<T>(look: Look<T>, planned: (found: T) => object): readonly Failure[] {
  if ('refusal' in look) return [look.refusal];
  const found: { readonly refusals?: readonly string[] } = planned(look.found);
  return (found.refusals ?? []).map((message) => ({ code: 'plan-refused', message }));
}

/** A refused release may come again with any content: nothing was changed by it. */
function refuseChanged(release: ReleaseRef, hash: string, known: LedgerRelease | undefined): Failure[] {
  if (known === undefined || known.manifestHash === hash || known.outcome === 'refused') return [];
  const message = `${describeRelease(release)} was admitted with content ${known.manifestHash}; this content is ${hash}`;
  return [{ code: 'release-changed', message }];
}

function submittedOf({ state, outcome }: LedgerRelease): Pick<Preview, 'submitted'> {
  if (outcome === 'refused') return {};
  return { submitted: { state, ...(outcome === undefined ? {} : { outcome }) } };
}
