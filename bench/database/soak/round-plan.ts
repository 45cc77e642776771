import { searchPathOf, versionSchemaName } from '../../../activities/database/operations/version-schema.js';
import type { Eyes } from './agreement.js';
import type { Change, Positions, Track } from './form.js';
import type { Random } from './random.js';
import { seenFrom, type SeenTable, tracks } from './shop.js';

/** The files of one change, and what they mean for those who look. */
export interface RoundPlan {
  readonly name: string;
  readonly kinds: readonly string[];
  /** By their paths in the folder of migrations. */
  readonly files: readonly { readonly name: string; readonly text: string }[];
  readonly after: Positions;
  /** What the new version sets. */
  readonly searchPath: string;
  /** The new version's, until its rows are filled and from then on. */
  readonly unfilled: Eyes;
  readonly filled: Eyes;
}

/** Gives each track its turn before one comes again; one to three take a step in a file, and a round has one or two. */
export class RoundPlanner {
  readonly #random: Random;
  #waiting: number[] = [];
  #count = 0;

  constructor(random: Random) {
    this.#random = random;
  }

  next(before: Positions): RoundPlan {
    const first = this.#file(before, this.#turns(before, 1 + this.#random.below(3)));
    const mayBeTwo = first.steps.every(({ change }) => change.inPlace === true) && this.#random.next() < 0.6;
    const more = mayBeTwo ? this.#turns(first.after, 1 + this.#random.below(3), { behind: true }) : [];
    const files = more.length > 0 ? [first, this.#file(first.after, more)] : [first];
    const { name, after } = files.at(-1) ?? first;
    const steps = files.flatMap((file) => file.steps);
    const late = steps.flatMap(({ change, track }) => (change.late === true ? [...track.tables] : []));
    const filled: Eyes = {
      version: 'new',
      schema: versionSchemaName('public', name),
      tables: seenFrom(after),
      stricter: new Map(
        steps.flatMap(({ track, change }) => (change.stricter ? [[track.tables[0], change.stricter] as const] : [])),
      ),
      unfilled: new Set(),
    };
    const unfilled = new Set(steps.flatMap(({ n }) => columnsOf(n, after)));
    return {
      name,
      kinds: [...new Set(steps.map(({ change }) => change.kind))],
      files: files.map((file) => ({ name: `${file.name}.json`, text: file.text })),
      after,
      searchPath: searchPathOf(filled.schema, 'public'),
      filled,
      unfilled: {
        ...filled,
        tables: filled.tables.filter(({ table }) => !late.includes(table)).map((seen) => sparing(seen, unfilled)),
        unfilled,
      },
    };
  }

  #file(before: Positions, turns: readonly number[]) {
    this.#count += 1;
    const steps = turns.map((n) => stepOf(n, before));
    // Others know a table by the name it has before.
    const inOrder = [...steps.filter(({ change }) => !change.last), ...steps.filter(({ change }) => change.last)];
    const words = [...new Set(steps.map(({ change }) => change.kind))].join('_').replaceAll(/[^a-z_]+/g, '_');
    return {
      name: `${String(this.#count).padStart(4, '0')}_${words}`.slice(0, 50),
      text: JSON.stringify({ operations: inOrder.flatMap(({ change, table }) => change.operations(table)) }),
      steps,
      after: before.map((at, n) => (turns.includes(n) ? nextOf(n, at) : at)),
    };
  }

  /** `behind` a file that may leave something to its contract: what stands alone is SQL, which is refused there. */
  #turns(before: Positions, count: number, { behind = false } = {}): readonly number[] {
    const taken: number[] = [];
    for (; taken.length < count;) {
      if (this.#waiting.length === 0)
        this.#waiting = shuffled(
          tracks.map((_, n) => n),
          this.#random,
        );
      const next = this.#waiting.find((n) => !taken.includes(n));
      if (next === undefined) break;
      const isAlone = stepOf(next, before).change.alone === true;
      if (isAlone && behind) break;
      if (isAlone && taken.length > 0) break;
      this.#waiting = this.#waiting.filter((n) => n !== next);
      taken.push(next);
      if (isAlone) break;
    }
    return taken;
  }
}

function stepOf(
  n: number,
  before: Positions,
): {
  readonly n: number;
  readonly track: Track;
  readonly change: Change;
  readonly table: string;
} {
  const track = tracks[n];
  const change = track?.changes[before[n] ?? 0];
  if (track === undefined || change === undefined)
    throw new Error(`expected a track and its change, found none at ${n}`);
  const [table] = track.tables;
  return { n, track, change, table: seenFrom(before).find((seen) => seen.table === table)?.name ?? table };
}

/** In a row that is not filled null stands already: nobody can tell that a version has written it. */
function sparing(seen: SeenTable, unfilled: ReadonlySet<string>): SeenTable {
  const nulls = Object.entries(seen.columns).flatMap(([column, { isNull }]) =>
    isNull !== undefined && unfilled.has(`${seen.table}.${column}`) ? [isNull] : [],
  );
  return { ...seen, spares: (rev) => nulls.some((isNull) => isNull(rev)) };
}

function nextOf(n: number, at: number): number {
  return (at + 1) % (tracks[n]?.forms.length ?? 1);
}

function columnsOf(n: number, positions: Positions): readonly string[] {
  const track = tracks[n];
  const form = track?.forms[positions[n] ?? 0];
  return Object.keys({ ...form?.columns, ...form?.beside?.columns }).map((column) => `${track?.tables[0]}.${column}`);
}

function shuffled<T>(list: readonly T[], random: Random): T[] {
  const left = [...list];
  return list.map(() => left.splice(random.below(left.length), 1)[0] as T);
}
