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
  // Of the line that was asked for last: a file may be one long line with a finding at every word.
  let known = { line: -1, ...measure('') };
  const measured = (line: number) => {
    if (known.line !== line) known = { line, ...measure(text.slice(starts[line], starts[line + 1])) };
    return known;
  };
  return {
    of(offset) {
      const line = lastAtMost(starts, offset);
      return { line: line + 1, column: (measured(line).characters[offset - (starts[line] ?? 0)] ?? 0) + 1 };
    },
    offsetOfByte(line, byte) {
      const { offsets } = measured(line);
      return (starts[line] ?? text.length) + (offsets[Math.min(byte, offsets.length - 1)] ?? 0);
    },
  };
}

/** Of a line: how many characters come before each UTF-16 unit, and which unit each byte of its UTF-8 is in. */
function measure(line: string): { readonly characters: Uint32Array; readonly offsets: Uint32Array } {
  const characters = new Uint32Array(line.length + 1);
  const offsets = new Uint32Array(Buffer.byteLength(line) + 1);
  let [unit, byte, character] = [0, 0, 0];
  for (const each of line) {
    const bytes = Buffer.byteLength(each);
    characters.fill(character, unit, unit + each.length);
    offsets.fill(unit, byte, byte + bytes);
    unit += each.length;
    byte += bytes;
    character += 1;
  }
  characters[unit] = character;
  offsets[byte] = unit;
  return { characters, offsets };
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
