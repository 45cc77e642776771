import type { Protocol } from './protocol.js';

/** AWS JSON 1.0 and 1.1: timestamps are epoch seconds, errors carry `__type`. */
export function jsonProtocol(version: '1.0' | '1.1'): Protocol {
  const contentType = `application/x-amz-json-${version}`;
  return {
    answer: (_operation, output) => ({ status: 200, contentType, body: JSON.stringify(toWire(output)) }),
    error: ({ code, message, status }) => ({ status, contentType, body: JSON.stringify({ __type: code, message }) }),
  };
}

function toWire(value: unknown): unknown {
  if (value instanceof Date) return value.getTime() / 1000;
  if (Array.isArray(value)) return value.map(toWire);
  if (value === null || typeof value !== 'object') return value;
  return Object.fromEntries(Object.entries(value).map(([key, member]) => [key, toWire(member)]));
}
