import { setTimeout as sleep } from 'node:timers/promises';
import { ReleaseError } from '../../domain/failure.js';
import {
  createIndexSql,
  findIndex,
  type FoundIndex,
  type IndexDefinition,
  wordDefinition,
  type WordedIndex,
} from './index-definition.js';
import { describeBuild } from './index-progress.js';
import { type IndexLimits, type IndexSession, withIndexSession } from './index-session.js';
import type { PhaseSession } from './phase-session.js';
import { quoteRelation, type RelationName } from './relation-name.js';
import { cancelledState, lockStates, sqlstateOf } from './sqlstate.js';
import { runWatched } from './watched-statement.js';

/**
 * Makes the index be there, valid and as defined, while everybody reads and writes its table. One that is valid and
 * means the same is left as it is; an invalid left-over is dropped and built anew; what a dead attempt still builds is
 * awaited. A build that fails or is aborted drops what it began, or says that it could not.
 *
 * Waits for every transaction of the database that is older than the build, whatever tables it looked at.
 *
 * Errors: `migration-failed` (another index has the name, keys are there twice, the server refuses the definition),
 * `database-locked` (stood still for longer than patience), `database-unreachable`.
 */
export async function buildIndex(
  phase: PhaseSession,
  index: IndexDefinition,
  limits: Partial<IndexLimits> = {},
): Promise<void> {
  const name = { schema: index.table.schema, name: index.name };
  await withIndexSession({ limits, phase, index: name, others: 'await' }, async (session) => {
    const wanted = await wordDefinition(session.builder, index);
    for (let attempt = 1; ; attempt++) {
      const found = await findFinished(session);
      if (found !== undefined && isSame(session, { found, index, wanted })) return;
      if (found !== undefined) await runWatched(session, dropSql(name));
      try {
        return await runWatched(session, createIndexSql(index, index.table, 'concurrently '));
      } catch (error) {
        const left = await dropLeftOver(session);
        if (attempt < attempts && left === '' && mayPass(session, error)) continue;
        throw explain(error, { index, wanted, left });
      }
    }
  });
}

const attempts = 3;

/**
 * Makes the index be gone while everybody reads and writes its table; a dead attempt that still builds it is ended.
 * Waits for every transaction that has used the table. When it is cut off half way the index is invalid: no query uses
 * it any more, and the next attempt drops it.
 *
 * Errors: `migration-failed` (it belongs to a constraint), `database-locked`, `database-unreachable`.
 */
export async function dropIndex(
  phase: PhaseSession,
  index: RelationName,
  limits: Partial<IndexLimits> = {},
): Promise<void> {
  await withIndexSession({ limits, phase, index, others: 'end' }, async (session) => {
    const found = await findIndex(session.builder, index);
    if (found === undefined) return;
    requireFree(session, found);
    await runWatched(session, dropSql(index));
  });
}

/** The index when nobody is building it any more: somebody may do so by hand. */
async function findFinished({ phase, builder, index }: IndexSession): Promise<FoundIndex | undefined> {
  for (;;) {
    const found = await findIndex(builder, index);
    if (found?.builder === undefined) return found;
    const build = await describeBuild(builder, [found.builder]);
    phase.run.onProgress({
      file: phase.phase,
      detail: `index ${quoteRelation(index)} is being built by pid ${found.builder}${build}`,
    });
    await sleep(pollMs, undefined, { signal: phase.run.signal });
  }
}

const pollMs = 250;

interface Comparison {
  readonly found: FoundIndex;
  readonly index: IndexDefinition;
  readonly wanted: WordedIndex;
}

/** False for a left-over to drop; throws when the name is taken by another index that is in use. */
function isSame(session: IndexSession, { found, index, wanted }: Comparison): boolean {
  const isThere = quoteRelation(found.table) === quoteRelation(index.table);
  if (found.valid && isThere && found.definition === wanted.definition) return true;
  if (!found.valid && isThere) {
    requireFree(session, found);
    return false;
  }
  throw new ReleaseError(
    'migration-failed',
    `expected index ${quoteRelation(session.index)} to be on ${quoteRelation(index.table)}, ${wanted.definition}, found it on ${quoteRelation(found.table)}, ${found.definition}. Give the new one another name, or drop the old one first`,
  );
}

function requireFree({ index }: IndexSession, { constraint }: FoundIndex): void {
  if (constraint === undefined) return;
  throw new ReleaseError(
    'migration-failed',
    `expected ${quoteRelation(index)} to be an index of its own, found that constraint "${constraint}" stands on it. Drop the constraint`,
  );
}

/** Whether a build that failed like this may well succeed now. */
function mayPass({ phase }: IndexSession, error: unknown): boolean {
  return !phase.run.signal.aborted && [...lockStates, cancelledState, takenState].includes(sqlstateOf(error) ?? '');
}

/** Somebody else has created one of that name meanwhile. */
const takenState = '42P07';
const twiceState = '23505';

function explain(
  error: unknown,
  { index, wanted, left }: { readonly index: IndexDefinition; readonly wanted: WordedIndex; readonly left: string },
): unknown {
  if (!(error instanceof ReleaseError)) return error;
  const keys = wanted.keys.join(', ');
  // The keys themselves are customers' data, which must not reach histories and logs.
  const query = `select ${keys}, count(*) from ${quoteRelation(index.table)}${index.predicate ? ` where ${index.predicate}` : ''} group by ${keys} having count(*) > 1`;
  const twice = sqlstateOf(error) === twiceState ? `. Make unique what this finds: ${query}` : '';
  return new ReleaseError(error.code, [error.message + twice, left].filter(Boolean).join('; '), { cause: error.cause });
}

/** Says what it could not do; empty when nothing is left. */
async function dropLeftOver({ builder, index, phase, limits }: IndexSession): Promise<string> {
  try {
    await builder.query(`set statement_timeout = ${limits.cleanUpMs}`);
    const found = await findIndex(builder, index);
    if (found?.valid === false && found.builder === undefined) await builder.query(dropSql(index));
    await builder.query('set statement_timeout = 0');
    return '';
  } catch (error) {
    const left = `index ${quoteRelation(index)} is left behind invalid, and dropped by the next attempt or by ${dropSql(index)}`;
    phase.log(`${left}: ${error instanceof Error ? error.message : String(error)}`);
    phase.run.onProgress({ file: phase.phase, detail: left });
    return left;
  }
}

function dropSql(index: RelationName): string {
  return `drop index concurrently if exists ${quoteRelation(index)}`;
}
