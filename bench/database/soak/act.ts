import type { HeldRow, Journal } from './journal.js';
import type { Random } from './random.js';
import type { Row, Session } from './session.js';
import { type SeenTable, shopTables } from './shop.js';
import {
  deleteOf,
  insertBesideOf,
  insertOf,
  selectOf,
  type Statement,
  touchOf,
  updateBesideOf,
  updateOf,
} from './statement.js';

export interface Actor {
  readonly session: Session;
  readonly journal: Journal;
  readonly random: Random;
  readonly onTables: boolean;
}

type Act = (actor: Actor, seen: SeenTable) => Promise<void>;

/** What a client does once: one statement, or a transaction. */
export async function act(actor: Actor, tables: readonly SeenTable[]): Promise<void> {
  await actor.random.pick(acts)(actor, actor.random.pick(tables));
}

const read: Act = async (actor, seen) => {
  const row = actor.journal.hold(seen.table, actor.random);
  if (row === undefined) return;
  await holding([row], async () => {
    const all = !actor.onTables;
    const [found] = await actor.session.run(selectOf(seen, row.id, { all }), { prepared: actor.random.next() < 0.8 });
    requireRead(actor, { seen, row, found });
  });
};

const update: Act = async (actor, seen) => {
  const row = actor.journal.hold(seen.table, actor.random);
  if (row === undefined) return;
  await holding([row], async () => {
    const rev = revFor(actor, seen);
    const own = updateOf(seen, Object.keys(seen.columns), { id: row.id, rev });
    await runBoth(actor, own, updateBesideOf(seen, { id: row.id, rev }));
    row.written({ rev, touched: row.before?.touched ?? 0 });
  });
};

/** Column by column, so that each is the only one that changes. */
const updateInParts: Act = async (actor, seen) => {
  const row = actor.journal.hold(seen.table, actor.random);
  if (row === undefined) return;
  const tied = Object.keys(seen.columns).filter((column) => !seen.loose.includes(column));
  await holding([row], async () => {
    const rev = revFor(actor, seen);
    await inTransaction(actor, async () => {
      const { id } = row;
      const run = (columns: readonly string[], withRev: boolean) =>
        actor.session.run(updateOf(seen, columns, { id, rev, withRev }), { prepared: true });
      const isFirst = actor.random.next() < 0.5;
      if (isFirst) await run(tied, true);
      for (const column of seen.loose) await run([column], false);
      if (!isFirst) await run(tied, true);
      await runAll(actor, [updateBesideOf(seen, { id, rev })]);
    });
    row.written({ rev, touched: row.before?.touched ?? 0 });
  });
};

const insert: Act = async (actor, seen) => {
  const rev = revFor(actor, seen);
  if (shopTables[seen.table]?.firstNew === 'serial') {
    const [given] = await actor.session.run(insertOf(seen, { rev }), { prepared: true });
    const row = actor.journal.holdNew(seen.table, Number(given?.id));
    row.written({ rev, touched: 0 });
    return row.letGo();
  }
  const row = actor.journal.holdNew(seen.table);
  await holding([row], async () => {
    await runBoth(actor, insertOf(seen, { id: row.id, rev }), insertBesideOf(seen, { id: row.id, rev }));
    row.written({ rev, touched: 0 });
  });
};

/** Of a row that is there, or is not. */
const upsert: Act = async (actor, seen) => {
  const isSerial = shopTables[seen.table]?.firstNew === 'serial';
  const there = actor.random.next() < 0.5 || isSerial ? actor.journal.hold(seen.table, actor.random) : undefined;
  if (there === undefined && isSerial) return;
  const row = there ?? actor.journal.holdNew(seen.table);
  await holding([row], async () => {
    const rev = revFor(actor, seen);
    const own = insertOf(seen, { id: row.id, rev, orUpdate: true });
    await runBoth(actor, own, insertBesideOf(seen, { id: row.id, rev }));
    row.written({ rev, touched: row.before?.touched ?? 0 });
  });
};

const remove: Act = async (actor, seen) => {
  const row = actor.journal.hold(seen.table, actor.random, { deletable: true });
  if (row === undefined) return;
  await holding([row], async () => {
    await actor.session.run(deleteOf(seen, row.id), { prepared: true });
    row.written({ rev: null, touched: 0 });
  });
};

/** Rows that nothing else changes in. */
const touch: Act = async (actor, seen) => {
  const rows = holdSome(actor, seen, 1 + actor.random.below(4));
  if (rows.length === 0) return;
  await holding(rows, async () => {
    await actor.session.run(
      touchOf(
        seen,
        rows.map(({ id }) => id),
      ),
      { prepared: true },
    );
    for (const row of rows) row.written({ rev: row.before?.rev ?? null, touched: (row.before?.touched ?? 0) + 1 });
  });
};

/** What is taken back to a savepoint must not be there afterwards, and what comes after must. */
const changeItsMind: Act = async (actor, seen) => {
  const row = actor.journal.hold(seen.table, actor.random);
  if (row === undefined) return;
  await holding([row], async () => {
    const columns = Object.keys(seen.columns);
    const [first, second] = [revFor(actor, seen), revFor(actor, seen)];
    let rev = row.before?.rev ?? null;
    await inTransaction(actor, async () => {
      await actor.session.run('savepoint before');
      const write = (to: number) =>
        runAll(actor, [
          updateOf(seen, columns, { id: row.id, rev: to }),
          updateBesideOf(seen, { id: row.id, rev: to }),
        ]);
      await write(first);
      await actor.session.run('rollback to savepoint before');
      if (actor.random.next() < 0.5) return;
      await write(second);
      rev = second;
    });
    row.written({ rev, touched: row.before?.touched ?? 0 });
  });
};

const acts: readonly Act[] = [
  ...[read, read, read],
  ...[update, update, update],
  ...[updateInParts, updateInParts],
  ...[insert, insert],
  upsert,
  remove,
  touch,
  changeItsMind,
];

function revFor({ journal }: Actor, { spares }: SeenTable): number {
  for (;;) {
    const rev = journal.rev();
    if (spares?.(rev) !== true) return rev;
  }
}

function holdSome({ journal, random }: Actor, { table }: SeenTable, count: number): readonly HeldRow[] {
  return Array.from({ length: count }, () => journal.hold(table, random)).filter((row) => row !== undefined);
}

async function holding(rows: readonly HeldRow[], work: () => Promise<void>): Promise<void> {
  try {
    await work();
  } catch (error) {
    for (const row of rows) row.doubt();
    throw error;
  } finally {
    for (const row of rows) row.letGo();
  }
}

/** One statement, or with the row beside a transaction of two. */
async function runBoth(actor: Actor, own: Statement, beside: Statement | undefined): Promise<void> {
  if (beside === undefined) await actor.session.run(own, { prepared: actor.random.next() < 0.8 });
  else await inTransaction(actor, () => runAll(actor, [own, beside]));
}

async function runAll({ session }: Actor, statements: readonly (Statement | undefined)[]): Promise<void> {
  for (const each of statements) if (each !== undefined) await session.run(each, { prepared: true });
}

async function inTransaction({ session }: Actor, work: () => Promise<void>): Promise<void> {
  await session.run('begin');
  try {
    await work();
  } catch (error) {
    await session.run('rollback');
    throw error;
  }
  await session.run('commit');
}

/** A client that reads what was acknowledged before it asked. */
function requireRead(
  { session }: Actor,
  read: { readonly seen: SeenTable; readonly row: HeldRow; readonly found: Row | undefined },
): void {
  const { seen, row, found } = read;
  const wanted = row.before;
  if (Number(found?.rev) === wanted?.rev && Number(found?.touched) === wanted.touched) return;
  session.misread(
    `${seen.table} ${row.id}: expected rev ${wanted?.rev} touched ${wanted?.touched} times, found ${found === undefined ? 'no row' : `rev ${String(found.rev)} touched ${String(found.touched)} times`}`,
  );
}
