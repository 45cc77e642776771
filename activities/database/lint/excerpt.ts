/** A text in one line, cut at so many characters. */
export function excerpt(text: string, length: number): string {
  const line = text
    .slice(0, 10 * length)
    .replace(/\s+/g, ' ')
    .trim();
  return line.length <= length ? line : `${line.slice(0, length - 1)}…`;
}

/** For a statement. */
export const statementLength = 120;
