import { sleep } from '@temporalio/activity';
import { request as httpRequest } from 'undici';
import { ReleaseError } from '../../domain/failure.js';
import type { ReleaseRef } from '../../domain/lane.js';
import type { ReleaseRequest, SmokeRequest } from '../../domain/release-request.js';
import { reportProgress } from '../progress.js';

const attempts = 5;
const pauseMs = 500;
const timeoutMs = 5_000;

/** Calls every path of the manifest on the idle colour through the test rule. */
export function createSmokeActivities(readRequest: (release: ReleaseRef) => Promise<ReleaseRequest>) {
  return {
    /** `smoke-failed` names the path, what was expected and what was answered. A rule takes a moment to spread, so a path gets some attempts. */
    async smoke(release: ReleaseRef): Promise<string> {
      const { smoke } = await readRequest(release);
      for (const path of smoke.paths) {
        reportProgress(path);
        await callUntilGood(smoke, path);
      }
      return `${smoke.paths.length} paths answered: ${smoke.paths.join(', ')}`;
    },
  };
}

async function callUntilGood(smoke: SmokeRequest, path: string): Promise<void> {
  for (let attempt = 1; ; attempt++) {
    const problem = await call(smoke, path);
    if (problem === undefined) return;
    if (attempt === attempts) {
      throw new ReleaseError('smoke-failed', `GET ${path}: expected a 2xx, found ${problem} ${attempts} times`);
    }
    await sleep(pauseMs);
  }
}

async function call(smoke: SmokeRequest, path: string): Promise<string | undefined> {
  try {
    const { statusCode, body } = await httpRequest(new URL(path, smoke.url), {
      headers: smoke.headers,
      headersTimeout: timeoutMs,
      bodyTimeout: timeoutMs,
    });
    await body.dump();
    return statusCode >= 200 && statusCode < 300 ? undefined : `status ${statusCode}`;
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
}
