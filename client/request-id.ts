import { randomUUID } from 'node:crypto';

/** The id of a request: the one that was said, or a new one. A variable of CI that is not set says none. */
export function requestIdOf(said: string | undefined): string {
  return said?.trim() || randomUUID();
}
