import { Agent } from 'undici';
import type { Answer } from './answer.js';

export interface ShopRequest {
  readonly method: 'GET' | 'POST' | 'PUT';
  readonly path: string;
  readonly body?: object;
}

export interface Connections {
  /** Connections that are kept and shared, like those of a browser or a mobile app. */
  readonly kept: Connection;
  /** A connection of its own for every request. */
  readonly fresh: Connection;
  close(): Promise<void>;
}

export type Connection = (request: ShopRequest) => Promise<Answer>;

const timeouts = { connect: { timeout: 5_000 }, headersTimeout: 10_000, bodyTimeout: 10_000 };

/**
 * Nothing is ever tried twice: what a shopper did not get, he did not get.
 *
 * A kept connection is dropped after 4 idle seconds, also when the server offers longer, and listeners keep them for a
 * minute: so we never write into a connection that the other side has just closed for being idle, and a connection
 * that breaks under a request was broken by the other side.
 */
export function connect(url: string): Connections {
  const kept = new Agent({ ...timeouts, keepAliveTimeout: 4_000, keepAliveMaxTimeout: 4_000 });
  const fresh = new Agent({ ...timeouts, pipelining: 0 });
  return {
    kept: (request) => send(kept, url, request),
    fresh: (request) => send(fresh, url, request),
    close: async () => {
      await Promise.all([kept.close(), fresh.close()]);
    },
  };
}

async function send(agent: Agent, origin: string, { method, path, body }: ShopRequest): Promise<Answer> {
  try {
    const response = await agent.request({
      origin,
      method,
      path,
      ...(body && { headers: { 'content-type': 'application/json' }, body: JSON.stringify(body) }),
    });
    const version = response.headers['x-shop-version'];
    const text = await response.body.text();
    return {
      kind: 'answered',
      status: response.statusCode,
      version: typeof version === 'string' ? version : undefined,
      body: jsonOf(text),
    };
  } catch (error) {
    return { kind: 'unanswered', reason: reasonOf(error) };
  }
}

// A load balancer's own error pages are HTML.
function jsonOf(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

function reasonOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  return 'code' in error && typeof error.code === 'string' ? error.code : error.message;
}
