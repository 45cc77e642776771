/** At least 0 and less than 1, like Math.random. */
export type Random = () => number;

export function pick<T>(random: Random, from: readonly T[]): T {
  const picked = from[Math.floor(random() * from.length)];
  if (picked === undefined) throw new Error('expected something to pick from, got an empty list');
  return picked;
}

/** `count` different ones, or all when there are fewer. */
export function sample<T>(random: Random, from: readonly T[], count: number): readonly T[] {
  const left = [...from];
  return Array.from(
    { length: Math.min(count, left.length) },
    () => left.splice(Math.floor(random() * left.length), 1)[0] as T,
  );
}
