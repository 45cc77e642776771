import type { Random } from './random.js';
import { shopTables } from './shop.js';

/** What a row must be, because the database has said so: `rev` is `null` when it was deleted. */
export interface Acknowledged {
  readonly rev: number | null;
  readonly touched: number;
}

export interface TableJournal {
  readonly table: string;
  /** Rows a client has written. The others are as they were from the beginning. */
  readonly rows: ReadonlyMap<number, Acknowledged>;
  /** How many there are. */
  readonly count: number;
  /** How often rows that are there were touched. */
  readonly touched: number;
  /** A statement about them failed: nobody knows. */
  readonly doubtful: readonly number[];
}

/** A row nobody else in this process writes until it is let go: so what is acknowledged has an order. */
export interface HeldRow {
  readonly id: number;
  /** `undefined` for one that is to be inserted. */
  readonly before: Acknowledged | undefined;
  written(after: Acknowledged): void;
  /** The statement failed. */
  doubt(): void;
  letGo(): void;
}

interface Open {
  readonly table: string;
  readonly rows: Map<number, Acknowledged>;
  /** Rows that may be deleted again. */
  readonly inserted: Set<number>;
  readonly busy: Set<number>;
  readonly doubtful: Set<number>;
  readonly seeds: number;
  readonly firstSeed: number;
  next: number;
  count: number;
  touched: number;
}

/** Every write that was acknowledged, so that none can be lost without being missed. */
export class Journal {
  readonly #rows: number;
  readonly #tables = new Map<string, Open>();
  #rev = 1_000_000_000;

  /** `rows`: of the largest table, from the beginning. */
  constructor(rows: number) {
    this.#rows = rows;
  }

  /** A value no row has had. */
  rev(): number {
    return (this.#rev += 1);
  }

  /** Any row that nobody holds; `undefined` when none was found. */
  hold(table: string, random: Random, { deletable = false } = {}): HeldRow | undefined {
    const open = this.#open(table);
    for (let tries = 0; tries < 20; tries++) {
      const id = anyId(open, random, deletable);
      if (id === undefined) return undefined;
      if (!open.busy.has(id) && !open.doubtful.has(id) && open.rows.get(id)?.rev !== null) return this.#held(open, id);
    }
    return undefined;
  }

  /** A row that is not there yet. `id`: as the database gave it. */
  holdNew(table: string, id?: number): HeldRow {
    const open = this.#open(table);
    return this.#held(open, id ?? open.next++, true);
  }

  /** The table is gone, with what was in it. */
  forget(table: string): void {
    this.#tables.delete(table);
  }

  read(table: string): TableJournal {
    const { rows, count, touched, doubtful } = this.#open(table);
    return { table, rows: new Map(rows), count, touched, doubtful: [...doubtful] };
  }

  #open(table: string): Open {
    const known = this.#tables.get(table);
    if (known !== undefined) return known;
    const about = shopTables[table];
    if (about === undefined) throw new Error(`expected a table of the shop, found ${table}`);
    const seeds = about.seeds(this.#rows);
    const open: Open = {
      table,
      rows: new Map(),
      inserted: new Set(),
      busy: new Set(),
      doubtful: new Set(),
      seeds,
      firstSeed: about.firstSeed,
      next: about.firstNew === 'serial' ? NaN : about.firstNew,
      count: seeds,
      touched: 0,
    };
    this.#tables.set(table, open);
    return open;
  }

  #held(open: Open, id: number, isNew = false): HeldRow {
    const seed = { rev: id, touched: 0 };
    const before = open.rows.get(id) ?? (isNew ? undefined : seed);
    open.busy.add(id);
    return {
      id,
      before,
      written: (after) => {
        open.rows.set(id, after);
        const wasThere = before !== undefined && before.rev !== null;
        open.count += Number(after.rev !== null) - Number(wasThere);
        open.touched += (after.rev === null ? 0 : after.touched) - (wasThere ? before.touched : 0);
        if (after.rev === null) open.inserted.delete(id);
        else if (isNew) open.inserted.add(id);
      },
      doubt: () => open.doubtful.add(id),
      letGo: () => open.busy.delete(id),
    };
  }
}

function anyId(open: Open, random: Random, deletable: boolean): number | undefined {
  const { inserted, seeds, firstSeed } = open;
  if (!deletable && seeds > 0 && (inserted.size === 0 || random.next() < 0.7)) return firstSeed + random.below(seeds);
  if (inserted.size === 0) return undefined;
  // A set has no places; walking to one of the first is near enough to chance.
  let steps = random.below(Math.min(inserted.size, 200));
  for (const id of inserted) if (steps-- === 0) return id;
  return undefined;
}
