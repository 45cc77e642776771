import type { SchemaChange } from '../../domain/effect.js';
import { ReleaseError } from '../../domain/failure.js';
import { laneName, type ReleaseRef } from '../../domain/lane.js';
import type { DatabaseRequest, ReleaseRequest } from '../../domain/release-request.js';
import type { ActContext, Actuator } from '../actuator.js';
import type { Secrets } from '../secrets.js';
import type { Migration, PhaseRun, SchemaEngine } from './schema-engine.js';

export interface SchemaParts {
  readonly engine: SchemaEngine;
  readonly readRequest: (release: ReleaseRef) => Promise<ReleaseRequest>;
  readonly secrets: Secrets;
}

/** The migration versions of one phase that are in effect. Going back to fewer is the engine's rollback. */
export function createSchemaActuator(parts: SchemaParts): Actuator<SchemaChange> {
  const { engine } = parts;
  return {
    repeatable: false,
    async observe(change, context) {
      return engine.read(await readMigration(parts, context.release), change.phase);
    },
    holds: (wanted, found) => wanted.join() === found.join(),
    async act(change, found, context) {
      const migration = await readMigration(parts, context.release);
      const run = phaseRun(context);
      const goesBack = found.some((version) => !change.state.includes(version));
      switch (change.phase) {
        case 'expand':
          return goesBack ? engine.rollback(migration, change.state, run) : engine.expand(migration, run);
        case 'backfill': {
          await engine.backfill(migration, run);
          return;
        }
        case 'contract':
          return engine.contract(migration, run);
      }
    },
  };
}

export async function readMigration(parts: Omit<SchemaParts, 'engine'>, release: ReleaseRef): Promise<Migration> {
  const request = await parts.readRequest(release);
  if (request.database === undefined) {
    throw new ReleaseError('manifest-invalid', 'a schema step was ordered, but the manifest has no database');
  }
  return toMigration(request.database, release, parts.secrets);
}

function toMigration(database: DatabaseRequest, { lane, version }: ReleaseRef, secrets: Secrets): Migration {
  const name = (text: string) => database.applicationName.replaceAll('{version}', text);
  return {
    lane: laneName(lane),
    url: secrets(database.urlSecret),
    files: database.migrations,
    lockTimeoutMs: database.lockTimeoutMs,
    sessions: { current: name(version), pattern: name('%') },
  };
}

function phaseRun(context: ActContext): PhaseRun {
  return {
    generation: context.generation,
    signal: context.signal,
    onProgress: (progress) => context.onProgress(`${progress.file}: ${progress.detail}`),
  };
}
