/** Lines and columns of a text, both from 1 and in characters; built once, so that many places cost little. */
export interface TextPlaces {
  of(offset: number): Place;
  /** The offset of a place in lines from 0 and bytes of UTF-8, as squawk tells it. */
  offsetOfByte(line: number, byte: number): number;
}

export interface Place {
  readonly line: number;
  readonly column: number;
}

export function placesOf(text: string): TextPlaces {
  const starts = [0];
  for (let at = text.indexOf('\n'); at >= 0; at = text.indexOf('\n', at + 1)) starts.push(at + 1);
  return {
    of(offset) {
      const line = lastAtMost(starts, offset);
      return { line: line + 1, column: [...text.slice(starts[line], offset)].length + 1 };
    },
    offsetOfByte(line, byte) {
      const start = starts[line] ?? text.length;
      const bytes = Buffer.from(text.slice(start, start + byte));
      return start + bytes.subarray(0, byte).toString().length;
    },
  };
}

/** Index of the last element that is not above `limit`; the list ascends and begins with 0. */
export function lastAtMost(ascending: readonly number[], limit: number): number {
  let [low, high] = [0, ascending.length];
  while (high - low > 1) {
    const middle = (low + high) >> 1;
    if ((ascending[middle] ?? 0) <= limit) low = middle;
    else high = middle;
  }
  return low;
}

/** The offset in UTF-16 units of the character with the index `characters`, which is how Postgres counts. */
export function offsetOfCharacter(text: string, characters: number): number {
  let offset = 0;
  for (const character of text) {
    if (characters-- <= 0) break;
    offset += character.length;
  }
  return offset;
}
