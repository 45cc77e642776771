import type { SchemaChange, SchemaState } from '../../domain/effect.js';
import { ReleaseError } from '../../domain/failure.js';
import { laneName, type ReleaseRef } from '../../domain/lane.js';
import type { ReleaseRequest } from '../../domain/release-request.js';
import { createRowPace, describeRows } from '../../domain/row-pace.js';
import type { ActContext, Actuator } from '../actuator.js';
import type { TellRun } from '../run-news.js';
import type { Secrets } from '../secrets.js';
import type { Migration, PhaseProgress, PhaseRun, SchemaEngine } from './schema-engine.js';

export interface SchemaParts {
  readonly engine: SchemaEngine;
  readonly readRequest: (release: ReleaseRef) => Promise<ReleaseRequest>;
  readonly secrets: Secrets;
  /** Tells the run of the release how its backfill goes, as seldom as it wants to be told. */
  readonly tellRun: TellRun;
}

/** The migration versions of one phase that are in effect. Going back to fewer is the engine's rollback. */
export function createSchemaActuator(parts: SchemaParts): Actuator<SchemaChange> {
  const { engine } = parts;
  const holds = (wanted: SchemaState, found: SchemaState) => wanted.join() === found.join();
  return {
    // Every verb takes the database's own fence first, also with nothing to do: an older attempt that still waits for a
    // lock is ended by it, and cannot land after its undo has found nothing to take back.
    repeatable: true,
    async observe(change, context) {
      return engine.read(await readMigration(parts, context.release), change.phase);
    },
    holds,
    async act(change, found, context) {
      const migration = await readMigration(parts, context.release);
      const run = phaseRun(context);
      const goesOn = !holds(change.state, found) && found.every((version) => change.state.includes(version));
      switch (change.phase) {
        case 'expand':
          return goesOn ? engine.expand(migration, run) : engine.rollback(migration, change.state, run);
        case 'backfill': {
          const tell = parts.tellRun();
          await engine.backfill(migration, phaseRun(context, tell));
          return;
        }
        case 'contract':
          return engine.contract(migration, run);
      }
    },
  };
}

export async function readMigration(
  parts: Pick<SchemaParts, 'readRequest' | 'secrets'>,
  release: ReleaseRef,
): Promise<Migration> {
  return migrationOf(await parts.readRequest(release), parts.secrets);
}

/** `secret-missing` when the worker does not have the database's address. */
export function migrationOf({ lane, version, database }: ReleaseRequest, secrets: Secrets): Migration {
  if (database === undefined) {
    throw new ReleaseError('manifest-invalid', 'a schema step was ordered, but the manifest has no database');
  }
  const name = (text: string) => database.applicationName.replaceAll('{version}', text);
  return {
    lane: laneName(lane),
    url: secrets(database.urlSecret),
    files: database.migrations,
    operations: database.operations ?? [],
    lockTimeoutMs: database.lockTimeoutMs,
    ...(database.brakes === undefined ? {} : { brakes: database.brakes }),
    ...(database.pace === undefined ? {} : { pace: database.pace }),
    ...(database.jobs === undefined ? {} : { jobs: database.jobs }),
    sessions: { current: name(version), pattern: name('%') },
    ...(database.keepForMs === undefined ? {} : { keepForMs: database.keepForMs }),
    ...(database.softContractMs === undefined ? {} : { softContract: true }),
  };
}

export function phaseRun(context: ActContext, tell?: ReturnType<TellRun>): PhaseRun {
  const pace = createRowPace();
  return {
    generation: context.generation,
    signal: context.signal,
    onProgress(progress) {
      const rows = progress.rows && describeRows(progress.rows, pace(progress, Date.now()));
      context.onProgress(progressText(progress, rows));
      tell?.(progress, rows);
    },
  };
}

/** `backfill/V2__fill.sql: 400,000 of about 1,000,000 rows, 12,000 rows/s, about 50 s left; tuned by ann: pace 20 %` */
function progressText({ file, detail, tuned }: PhaseProgress, rows = detail): string {
  return `${file}: ${rows}${tuned === undefined ? '' : `; ${tuned}`}`;
}
