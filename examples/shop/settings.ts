import { parseArgs } from 'node:util';
import { versionNumbered } from './versions/index.js';
import type { Version } from './versions/version.js';

export interface Settings {
  readonly version: Version;
  readonly host: string;
  readonly port: number;
  readonly databaseUrl: string;
  /** How long the shop goes on serving after it was asked to stop: until the load balancer has noticed. */
  readonly drainMs: number;
}

/** Throws what is wrong in words for whoever started the shop. */
export function readSettings(args: readonly string[], env: NodeJS.ProcessEnv): Settings {
  const { values } = parseArgs({ args: [...args], options: { version: { type: 'string' } } });
  if (!env.DATABASE_URL) throw new Error('expected DATABASE_URL in the environment, found none');
  return {
    version: versionNumbered(values.version),
    host: env.HOST ?? '127.0.0.1',
    port: wholeNumber('PORT', env.PORT ?? '8080'),
    databaseUrl: env.DATABASE_URL,
    drainMs: wholeNumber('DRAIN_MS', env.DRAIN_MS ?? '1000'),
  };
}

function wholeNumber(name: string, text: string): number {
  if (!/^\d{1,9}$/.test(text)) throw new Error(`expected a whole number in ${name}, found ${text}`);
  return Number(text);
}
