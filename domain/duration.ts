/** How a person reads a time, milliseconds: `40 ms`, `1.4 s`, `12 s`, `3 min 12 s`, `2 h 5 min`. */
export function durationText(milliseconds: number): string {
  if (milliseconds < 1_000) return `${Math.round(milliseconds)} ms`;
  if (milliseconds < 9_950) return `${(milliseconds / 1_000).toFixed(1).replace(/\.0$/, '')} s`;
  const seconds = Math.round(milliseconds / 1_000);
  if (seconds < 60) return `${seconds} s`;
  if (seconds < 3_600) return parts(seconds, 60, 'min', 's');
  return parts(Math.round(seconds / 60), 60, 'h', 'min');
}

function parts(value: number, size: number, large: string, small: string): string {
  const rest = value % size;
  const whole = `${(value - rest) / size} ${large}`;
  return rest === 0 ? whole : `${whole} ${rest} ${small}`;
}
