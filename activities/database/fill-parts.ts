import { allOf, type BackfillCursor, type BackfillDone } from './backfill-cursor.js';

/** The parts of a backfill: who works at which, and how far each has come. */
export interface FillParts {
  /** The next one that is not done and that nobody works at. */
  take(): BackfillCursor | undefined;
  /** After a batch. */
  moved(cursor: BackfillCursor): void;
  /** One that is not done, for somebody else. */
  giveBack(cursor: BackfillCursor): void;
  areWaiting(): boolean;
  /** Over all of them. */
  done(): BackfillDone;
}

export function createParts(cursors: readonly BackfillCursor[]): FillParts {
  const all = new Map(cursors.map((cursor) => [cursor.part, cursor]));
  const waiting = cursors.filter(({ finished }) => !finished);
  return {
    take: () => waiting.shift(),
    moved: (cursor) => void all.set(cursor.part, cursor),
    giveBack: (cursor) => void waiting.unshift(cursor),
    areWaiting: () => waiting.length > 0,
    done: () => allOf([...all.values()]),
  };
}
