import type { IncomingMessage, ServerResponse } from 'node:http';
import { PassThrough, type Readable } from 'node:stream';
import type { Dispatcher } from 'undici';
import type { Outcome } from './outcome.js';
import { refuse } from './refusal.js';
import type { UpstreamTarget } from './upstream.js';

export interface ForwardedRequest {
  readonly request: IncomingMessage;
  readonly response: ServerResponse;
  readonly body: Buffer | Readable | null;
  readonly target: UpstreamTarget;
  readonly listenerPort: number;
  /** How long the target may be silent, before and within its answer. */
  readonly idleTimeoutMs: number;
  /** Set-Cookie values of the load balancer's own. */
  readonly cookies: readonly string[];
  /** Called exactly once. */
  readonly settle: (outcome: Outcome) => void;
}

const timeouts = new Set(['ETIMEDOUT', 'UND_ERR_CONNECT_TIMEOUT', 'UND_ERR_HEADERS_TIMEOUT']);

/** These speak of one connection and end with it. */
const hopByHop = new Set([
  'connection',
  'expect',
  'keep-alive',
  'proxy-authenticate',
  'proxy-authorization',
  'proxy-connection',
  'te',
  'trailer',
  'transfer-encoding',
  'upgrade',
]);

/**
 * Sends one request to one target and its answer back. Nothing is ever sent twice: once the first byte has gone out,
 * only the target knows what it did with it, and the client is told 502 as AWS would tell it.
 */
export function forward(forwarded: ForwardedRequest): void {
  const { request, response, target, cookies } = forwarded;
  // Closed already, so the event awaited below will not come.
  if (response.destroyed) {
    forwarded.settle({ kind: 'client-left' });
    return;
  }
  let controller: Dispatcher.DispatchController | undefined;
  let started = false;
  let answer: { status: number; seconds: number } | undefined;
  let clientLeft = false;
  const sentAt = performance.now();

  response.once('close', () => {
    if (response.writableFinished) return;
    clientLeft = true;
    controller?.abort(new Error('the client left'));
  });

  const handler: Dispatcher.DispatchHandler = {
    onRequestStart(requestController) {
      started = true;
      controller = requestController;
      if (clientLeft) controller.abort(new Error('the client left'));
    },
    onResponseStart(_controller, status, headers, statusMessage) {
      if (status < 200) return;
      answer = { status, seconds: (performance.now() - sentAt) / 1_000 };
      response.writeHead(status, statusMessage, answerHeaders(headers, cookies));
    },
    onResponseData(responseController, chunk) {
      if (response.write(chunk)) return;
      responseController.pause();
      response.once('drain', () => responseController.resume());
    },
    onResponseEnd() {
      response.end();
      forwarded.settle({ kind: 'answered', status: 0, seconds: 0, ...answer });
    },
    onResponseError(_controller, error) {
      forwarded.settle(failed(error));
    },
  };

  target.pool.dispatch(
    {
      path: request.url ?? '/',
      method: (request.method ?? 'GET') as Dispatcher.HttpMethod,
      headers: requestHeaders(forwarded),
      body: forwarded.body,
      headersTimeout: forwarded.idleTimeoutMs,
      bodyTimeout: forwarded.idleTimeoutMs,
    },
    handler,
  );

  function failed(error: Error): Outcome {
    if (clientLeft) return { kind: 'client-left' };
    if (answer !== undefined) {
      response.destroy();
      return { kind: 'truncated', ...answer };
    }
    const code = 'code' in error ? error.code : undefined;
    if (code === 'UND_ERR_INVALID_ARG' || code === 'UND_ERR_NOT_SUPPORTED') {
      refuse(response, 400);
      return { kind: 'bad-request' };
    }
    const status = code !== undefined && timeouts.has(String(code)) ? 504 : 502;
    refuse(response, status, cookies);
    return { kind: started ? 'no-answer' : 'not-connected', status };
  }
}

/** Bodies up to this size are read first: one write to the target, and no half-read stream when it answers early. */
const readFirst = 64 * 1024;

/** Calls back with what is to be sent as the body; never when the client leaves before it has sent it. */
export function withBody(request: IncomingMessage, send: (body: Buffer | Readable | null) => void): void {
  const length = request.headers['content-length'];
  if (request.headers['transfer-encoding'] === undefined && (length === undefined || length === '0')) {
    send(null);
    return;
  }
  if (length === undefined || Number(length) > readFirst) {
    const body = new PassThrough();
    request.once('close', () => {
      if (!request.complete) body.destroy(new Error('the client left'));
    });
    // Once the target has answered, undici closes the stream; what the client still sends is thrown away.
    body.once('close', () => request.resume());
    body.on('error', () => request.unpipe(body));
    send(request.pipe(body));
    return;
  }
  const chunks: Buffer[] = [];
  request.on('data', (chunk: Buffer) => chunks.push(chunk));
  request.once('end', () => send(chunks.length === 1 ? (chunks[0] ?? null) : Buffer.concat(chunks)));
}

function requestHeaders({ request, listenerPort }: ForwardedRequest): string[] {
  const headers: string[] = [];
  const { rawHeaders } = request;
  let forwardedFor = request.socket.remoteAddress?.replace(/^::ffff:/, '') ?? '';
  const named =
    request.headers.connection
      ?.toLowerCase()
      .split(',')
      .map((name) => name.trim()) ?? [];
  for (let at = 0; at < rawHeaders.length; at += 2) {
    const name = rawHeaders[at] ?? '';
    const value = rawHeaders[at + 1] ?? '';
    const lower = name.toLowerCase();
    if (hopByHop.has(lower) || named.includes(lower)) continue;
    if (lower === 'x-forwarded-for') forwardedFor = `${value}, ${forwardedFor}`;
    else if (lower !== 'x-forwarded-proto' && lower !== 'x-forwarded-port') headers.push(name, value);
  }
  headers.push('X-Forwarded-For', forwardedFor, 'X-Forwarded-Proto', 'http', 'X-Forwarded-Port', String(listenerPort));
  return headers;
}

function answerHeaders(
  headers: Record<string, string | string[] | undefined>,
  cookies: readonly string[],
): Record<string, string | string[]> {
  const kept: Record<string, string | string[]> = {};
  for (const name in headers) {
    const value = headers[name];
    if (value !== undefined && !hopByHop.has(name)) kept[name] = value;
  }
  if (cookies.length > 0) kept['set-cookie'] = [...[kept['set-cookie'] ?? []].flat(), ...cookies];
  return kept;
}
