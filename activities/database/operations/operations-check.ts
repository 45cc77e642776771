import { isReleaseError } from '../../../domain/failure.js';
import { compareFileNames } from '../../../domain/migration.js';
import type { Connection } from '../connection.js';
import { type Refusal, refuseLockTimeout } from '../migration-check.js';
import { readDrift, refuseDrift } from '../drift.js';
import type { Drift } from '../kept-pictures.js';
import type { Migration } from '../schema-engine.js';
import { chainOf, engineVersion, isBaseline, isOpen, type OperationHistory, readPlan } from './history.js';
import type { MigrationPlan } from './migration-plan.js';
import { describeProblem, type OperationMigration, type OperationSet } from './operation-file.js';
import { qualified } from './names.js';
import { explainedBy, stepUnderWay } from './step-traces.js';
import { versionSchemaName } from './version-schema.js';
import { hasColumnGrants } from './version-views.js';

/** Reasons not to start that lie in the files and in what the history says of them. */
export async function refusalsOf(
  connection: Connection,
  migration: Migration,
  { schema, set, history }: { readonly schema: string; readonly set: OperationSet; readonly history: OperationHistory },
): Promise<readonly Refusal[]> {
  return [
    ...(await refuseLockTimeout(connection, migration)),
    ...set.problems.map((problem) => refuse(describeProblem(problem))),
    ...refuseNewer(history),
    ...refuseTornChain(history),
    ...refuseChanged(set, history),
    ...refuseLate(set, history),
    ...refuseSameVersion(set, history, schema),
    ...refuseDrift(await readOperationDrift(connection, { schema, set, history })),
  ];
}

/** Of the files' migrations that have begun and are not over. */
export async function readOperationDrift(
  connection: Connection,
  { schema, set, history }: { readonly schema: string; readonly set: OperationSet; readonly history: OperationHistory },
): Promise<readonly Drift[]> {
  const begun = history.filter((entry) => isOpen(entry) && set.migrations.some(({ name }) => name === entry.name));
  const owners = [];
  for (const entry of begun) {
    const plan = await readPlan(connection, schema, entry.name);
    owners.push({ schema, version: entry.name, explains: explainedBy(stepUnderWay(entry, plan)) });
  }
  return readDrift(connection, owners);
}

export function refuse(message: string): Refusal {
  return { code: 'migration-failed', message };
}

function refuseNewer(history: OperationHistory): readonly Refusal[] {
  const newer = history.filter(({ engine }) => engine > engineVersion);
  return newer.map(({ name, engine }) =>
    refuse(
      `expected ${name} to have been begun by an engine of version ${engineVersion} or before, found version ${engine}: go on with the sluice it was begun with, or a later one`,
    ),
  );
}

function refuseTornChain(history: OperationHistory): readonly Refusal[] {
  const torn = history.find((entry, index) => entry.chain !== chainOf(history[index - 1], entry));
  if (torn === undefined) return [];
  return [
    refuse(
      `expected sluice.schema_migration to be as it was written, found the row of ${torn.name} or the one before it changed by hand; put it back`,
    ),
  ];
}

function refuseChanged({ migrations }: OperationSet, history: OperationHistory): readonly Refusal[] {
  return migrations.flatMap(({ name, file, hash }): readonly Refusal[] => {
    const known = history.find((entry) => entry.name === name);
    if (known === undefined || known.hash === hash) return [];
    const message = `${file}: expected the content it was begun with, sha256 ${known.hash}, found sha256 ${hash}`;
    return [{ code: 'migration-changed', message }];
  });
}

/** The history goes one way: a file that is new comes after all that were run. */
function refuseLate({ migrations }: OperationSet, history: OperationHistory): readonly Refusal[] {
  const lastKnown = migrations.findLastIndex(({ name }) => history.some((entry) => entry.name === name));
  const baseline = history.find(isBaseline);
  const last = migrations[lastKnown] ?? baseline;
  const comesBefore = ({ name }: OperationMigration, index: number) =>
    index < lastKnown || (baseline !== undefined && compareFileNames(name, baseline.name) <= 0);
  return migrations
    .filter(comesBefore)
    .filter(({ name }) => !history.some((entry) => entry.name === name))
    .map(({ file }) =>
      refuse(`${file}: expected a name that comes after ${last?.name}, which was run already; give it a later one`),
    );
}

function refuseSameVersion(
  { migrations }: OperationSet,
  history: OperationHistory,
  schema: string,
): readonly Refusal[] {
  return migrations.flatMap(({ name, file, version }) => {
    const versionSchema = versionSchemaName(schema, version);
    const other = history.find((entry) => entry.versionSchema === versionSchema && entry.name !== name);
    return other === undefined || other.state === 'contracted'
      ? []
      : [refuse(`${file}: expected a version of its own, found ${versionSchema} in use by ${other.name}`)];
  });
}

/** Tries what the author wrote on real rows. Nothing of it stays. */
export async function runTrials(
  connection: Connection,
  trials: readonly { readonly at: string; readonly sql: string }[],
): Promise<readonly Refusal[]> {
  const refusals: Refusal[] = [];
  for (const { at, sql } of trials) {
    await connection.query('begin');
    try {
      await connection.query(sql, undefined, { script: at });
    } catch (error) {
      if (!isReleaseError(error) || error.code !== 'migration-failed') throw error;
      refusals.push(refuse(error.message));
    } finally {
      await connection.query('rollback').catch(() => {});
    }
  }
  return refusals;
}

/** What only the tables can tell: whether a view would open what is closed. */
export async function refuseTables(
  connection: Connection,
  plan: MigrationPlan,
  serverMajor: number,
): Promise<readonly Refusal[]> {
  const refusals: Refusal[] = [];
  const { after } = plan;
  if (after === 'read-again') return refusals;
  for (const { name, physical } of after.tables.filter(({ rowSecurity, isNew }) => rowSecurity && isNew !== true)) {
    const byColumn = await hasColumnGrants(connection, qualified(after.schema, physical));
    if (serverMajor >= 15 && !byColumn) continue;
    const because = serverMajor < 15 ? 'before Postgres 15' : 'where rights are given to single columns,';
    refusals.push(
      refuse(`expected no table with row level security, found ${name}: ${because} a view shows its rows to everybody`),
    );
  }
  return refusals;
}
