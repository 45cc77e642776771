import { request } from 'undici';
import type { SmokeFacts } from '../../domain/doctor/facts.js';

const timeoutMs = 5_000;

/** One GET without the smoke test's headers, so the live version answers it; no redirect is followed. */
export async function reach(url: URL): Promise<SmokeFacts> {
  try {
    const { statusCode, body } = await request(url, { signal: AbortSignal.timeout(timeoutMs) });
    await body.dump();
    return { url: url.href, kind: 'answered', status: statusCode };
  } catch (error) {
    const { code = '', message } = error as NodeJS.ErrnoException;
    const reason = message === '' ? code : message;
    return { url: url.href, kind: isAboutCertificate(code) ? 'untrusted' : 'unreachable', reason };
  }
}

/** OpenSSL's verify errors, and Node's own about names. */
function isAboutCertificate(code: string): boolean {
  return /CERT|SIGNATURE|^ERR_TLS_/.test(code);
}
