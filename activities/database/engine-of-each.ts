import { createOperationsEngine } from './operations-engine.js';
import { createPhasedSqlEngine, type PhasedSqlEngineOptions } from './phased-sql-engine.js';
import type { Migration, SchemaEngine } from './schema-engine.js';

/** The engine for the form of the files: operations, or SQL in phase folders. */
export function createEngineOfEach(options: PhasedSqlEngineOptions = {}): SchemaEngine {
  const phasedSql = createPhasedSqlEngine(options);
  const operations = createOperationsEngine(options);
  const of = (migration: Migration) => (holdsOperations(migration) ? operations : phasedSql);
  return {
    plan: (migration) => of(migration).plan(migration),
    read: (migration, phase) => of(migration).read(migration, phase),
    expand: (migration, run) => of(migration).expand(migration, run),
    backfill: (migration, run) => of(migration).backfill(migration, run),
    tune: (migration, order, run) => of(migration).tune(migration, order, run),
    verify: (migration, run) => of(migration).verify(migration, run),
    contractEvidence: (migration) => of(migration).contractEvidence(migration),
    contractBegun: (migration, run) => of(migration).contractBegun(migration, run),
    readGeneration: (migration) => of(migration).readGeneration(migration),
    closeOld: (migration, run) => of(migration).closeOld(migration, run),
    reopenOld: (migration, run) => of(migration).reopenOld(migration, run),
    readClosed: (migration) => of(migration).readClosed(migration),
    contract: (migration, run) => of(migration).contract(migration, run),
    rollback: (migration, to, run) => of(migration).rollback(migration, to, run),
  };
}

export function holdsOperations({ operations = [] }: Pick<Migration, 'operations'>): boolean {
  return operations.length > 0;
}
