import { finished } from 'node:stream/promises';
import { sleep } from '@temporalio/activity';
import { request as httpRequest } from 'undici';
import { counted } from '../../domain/counted.js';
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
      return `${counted(smoke.paths.length, 'path')} answered: ${smoke.paths.join(', ')}`;
    },
  };
}

async function callUntilGood(smoke: SmokeRequest, path: string): Promise<void> {
  for (let attempt = 1; ; attempt++) {
    const problem = await call(smoke, path);
    if (problem === undefined) return;
    if (attempt === attempts) {
      throw new ReleaseError(
        'smoke-failed',
        `GET ${path}: expected a 2xx${headersText(smoke)}, found ${problem} ${attempts} times`,
      );
    }
    await sleep(pauseMs);
  }
}

function headersText({ expectHeaders }: SmokeRequest): string {
  const headers = Object.entries(expectHeaders).map(([name, value]) => `${name}: ${value}`);
  return headers.length === 0 ? '' : ` with ${headers.join(', ')}`;
}

/** What is wrong with the answer, if anything. */
async function call(smoke: SmokeRequest, path: string): Promise<string | undefined> {
  try {
    const { statusCode, headers, body } = await httpRequest(new URL(path, smoke.url), {
      headers: smoke.headers,
      headersTimeout: timeoutMs,
      bodyTimeout: timeoutMs,
      // A body that trickles would never time out between its pieces.
      signal: AbortSignal.timeout(2 * timeoutMs),
    });
    // To its end: half an answer is none, and `dump()` would keep quiet about one that breaks off.
    await finished(body.resume());
    if (statusCode < 200 || statusCode >= 300) return `status ${statusCode}`;
    return Object.entries(smoke.expectHeaders)
      .filter(([name, value]) => headers[name.toLowerCase()] !== value)
      .map(([name, value]) => `${name}: ${headers[name.toLowerCase()] ?? 'missing'} instead of ${value}`)[0];
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
}
