import type { ReleaseRef } from '../../domain/lane.js';
import { ReleaseError } from '../../domain/failure.js';
import type { ReleaseRequest } from '../../domain/release-request.js';
import type { Ledger, LedgerRelease, StoredSubmission } from '../ledger/ledger.js';
import { checkOperationSet } from './operation-set.js';
import { parseManifest } from './request-schema.js';

/** What was asked for, from the ledger. */
export async function readRequest(ledger: Ledger, release: ReleaseRef): Promise<ReleaseRequest> {
  return requestOf(await ledger.readRelease(release));
}

/** As it was frozen at admission: what a release has begun with, its way back must not be refused for. */
export function requestOf({ request, submission }: LedgerRelease): ReleaseRequest {
  return request ?? parseSubmission(submission);
}

/** Anyone can start a workflow by other means than the CLI, so what arrives is parsed again; `manifest-invalid` names every problem. */
export function parseSubmission(submission: StoredSubmission): ReleaseRequest {
  const parsed = parseManifest(submission, checkOperationSet(submission));
  if ('request' in parsed) return parsed.request;
  const problems = parsed.problems.map(
    ({ path, place, message }) =>
      `${path.join('.')}${place === undefined ? '' : `:${place.line}:${place.column}`}: ${message}`,
  );
  throw new ReleaseError('manifest-invalid', problems.join('\n'));
}
