import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { Client, Connection } from '@temporalio/client';
import { afterAll, beforeAll } from 'vitest';
import { stringify } from 'yaml';
import { manifestHash } from '../../activities/admission/request-schema.js';
import { searchAttributeNames } from '../../domain/search-attributes.js';
import { locateTemporal } from '../../embedded/temporal/locate.js';
import { type TemporalServer, startTemporal } from '../../embedded/temporal/server.js';
import { validManifest } from '../activities/admission/valid-manifest.js';
import { type CommandAnswer, type CommandOptions, sluice } from './command-line.js';

/** The lane of the releases that `releasing` makes. */
export const lane = { environment: 'production', service: 'shop' };

/** What Temporal lists is a moment behind. */
export const visible = { timeout: 20_000, interval: 300 };

/** A server of its own: the task queue has one name everywhere, so on a shared server other workers would answer. */
export function withOwnTemporal() {
  let folder: string;
  let temporal: TemporalServer;
  let client: Client;

  beforeAll(async () => {
    folder = mkdtempSync(path.join(tmpdir(), 'sluice-client-'));
    temporal = await startTemporal({
      binary: await locateTemporal({ log: () => {} }),
      logFile: path.join(folder, 'temporal.log'),
      headless: true,
      searchAttributes: Object.fromEntries(searchAttributeNames.map((name) => [name, 'Keyword'] as const)),
    });
    client = new Client({ connection: await Connection.connect({ address: temporal.address }) });
  });

  afterAll(async () => {
    await client?.connection.close();
    await temporal?.stop();
    rmSync(folder, { recursive: true, force: true });
  });

  const options = (): CommandOptions => ({ env: { TEMPORAL_ADDRESS: temporal.address, SLUICE_ACTOR: 'ann' } });
  return {
    get folder() {
      return folder;
    },
    get address() {
      return temporal.address;
    },
    get client() {
      return client;
    },
    get options() {
      return options();
    },
    call: (...args: string[]): Promise<CommandAnswer> => sluice(args, options()),
    /** The arguments of `release` for a manifest of that version. */
    releasing(version: string, change: { service?: string; warmWindow?: string } = {}): string[] {
      const { database: _database, ...manifest } = { ...validManifest(), version, ...change };
      const file = path.join(folder, `${version}.yaml`);
      writeFileSync(file, stringify(manifest));
      return ['release', file, '--request-id', manifestHash({ manifest, migrations: [] })];
    },
  };
}

export function documentOf({ stdout }: CommandAnswer): Record<string, unknown> {
  return JSON.parse(stdout) as Record<string, unknown>;
}
