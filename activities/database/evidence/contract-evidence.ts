import type { Connection } from '../connection.js';
import { readHistory as readFlywayHistory, findApplied } from '../flyway-history.js';
import { scriptsOf } from '../migration-script.js';
import { findEntry } from '../operations/expand.js';
import { isOpen, readPlan } from '../operations/history.js';
import { readKnown } from '../operations/known.js';
import type { ContractEvidence, SoftContract } from '../../../domain/schema-change.js';
import type { Migration } from '../schema-engine.js';
import { readDependents } from './dependents.js';
import type { Growth, UseCount } from './growth.js';
import { readOldReaders } from './old-readers.js';
import { readOldSessions } from './old-sessions.js';
import { oldStatementPatterns, readOldStatements, readOldWrites } from './old-use.js';
import { findStatements } from './statements.js';
import { goesByPlan, goesByScripts, joinGone, type WhatGoes } from './what-goes.js';

/** What speaks against contracting files of operations yet. */
export async function operationsEvidence(connection: Connection, migration: Migration, growth: Growth) {
  const { schema, set, history } = await readKnown(connection, migration);
  const entries = set.migrations.flatMap((each) => findEntry(history, each) ?? []).filter(isOpen);
  const goes: WhatGoes[] = [];
  for (const entry of entries) {
    const old = history.filter(({ place }) => place < entry.place).map(({ versionSchema }) => versionSchema);
    goes.push(goesByPlan(await readPlan(connection, schema, entry.name), old));
  }
  const places = entries.map(({ place }) => place);
  return evidence({ connection, migration, growth, goes: joinGone(goes) }, () =>
    readOldWrites(connection, schema, places),
  );
}

/** The same for the files of contract/. Nobody counts writes: both versions’ columns are the files’ own business. */
export async function sqlEvidence(connection: Connection, migration: Migration, growth: Growth) {
  const history = await readFlywayHistory(connection);
  const pending = scriptsOf(migration.files, 'contract').filter(({ version }) => !findApplied(history, version));
  const goes = await goesByScripts(pending);
  return evidence({ connection, migration, growth, goes }, () => Promise.resolve([]));
}

interface Evidence {
  readonly connection: Connection;
  readonly migration: Migration;
  readonly growth: Growth;
  readonly goes: WhatGoes;
}

async function evidence(
  { connection, migration, growth, goes }: Evidence,
  readWrites: () => Promise<readonly UseCount[]>,
): Promise<ContractEvidence> {
  const patterns = oldStatementPatterns(goes);
  const { view, unseen } = patterns.length === 0 ? {} : await findStatements(connection);
  const readStatements = async () => (view === undefined ? [] : readOldStatements(connection, view, patterns));
  // What a role has come to see since the last look was there before.
  const about = [migration.lane, migration.url, unseen].join(' ');
  const readUse = async () => [...(await readWrites()), ...(await readStatements())];
  return {
    reasons: [
      ...(await readOldSessions(connection, migration)),
      ...(await readOldReaders(connection, goes.versionSchemas)),
      ...(await growth.readGrown(about, readUse)),
      ...(await readDependents(connection, goes)),
    ],
    unseen: unseen === undefined ? [] : [unseen],
  };
}

/** What a plan says of the evidence that contract will want; nothing where nothing goes, or all can be seen. */
export async function foretellUnseen(
  connection: Connection,
  softContract: SoftContract | undefined,
): Promise<Partial<Pick<ContractEvidence, 'unseen'>>> {
  const { closes = [], cannot = [] } = softContract ?? {};
  if (closes.length + cannot.length === 0) return {};
  const { unseen } = await findStatements(connection);
  return unseen === undefined ? {} : { unseen: [unseen] };
}
