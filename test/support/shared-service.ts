import { inject } from 'vitest';

// A first run may have to build the Temporal server.
export const sharedServiceTimeoutMs = 600_000;

/** Asks the run for one of the servers its test files share; it is started when nobody has asked before. */
export async function sharedService<T>(service: string): Promise<T> {
  const response = await fetch(new URL(service, inject('services')));
  const text = await response.text();
  if (!response.ok) throw new Error(`The shared service ${service} is not there: ${text}`);
  return JSON.parse(text) as T;
}
