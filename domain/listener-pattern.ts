/** Whether a host or path matches a condition of a load balancer rule: `*` is any text, `?` any one character. */
export function matchesPattern(pattern: string, value: string): boolean {
  const parts = [...pattern].map((char) => (char === '*' ? '.*' : char === '?' ? '.' : escapeChar(char)));
  return new RegExp(`^${parts.join('')}$`, 's').test(value);
}

export function isPlain(pattern: string): boolean {
  return !/[*?]/.test(pattern);
}

function escapeChar(char: string): string {
  return char.replace(/[\\^$.+()[\]{}|/]/, '\\$&');
}
