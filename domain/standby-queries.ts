/** A standby, and how old the oldest thing is that its queries read, as far as it says so (`hot_standby_feedback`). */
export interface ReadingStandby {
  /** `replica-1 at 10.0.0.7` */
  readonly name: string;
  /** The oldest transaction whose rows its queries may still want: 32 bits, as the server has it; `null` where it does not say. */
  readonly oldest: number | null;
}

/**
 * Standbys with a query that was there already when every transaction before `since`, of 64 bits, had ended. They say it anew
 * every ten seconds: one that has none may seem to for as long.
 */
export function stillReading(standbys: readonly ReadingStandby[], since: number): readonly ReadingStandby[] {
  // What comes round after four billion transactions is no older.
  return standbys.filter(({ oldest }) => oldest !== null && (((since % 2 ** 32) - oldest) | 0) > 0);
}

/** Of those whose queries nobody sees from the primary. */
export function silentStandbys(standbys: readonly ReadingStandby[]): readonly ReadingStandby[] {
  return standbys.filter(({ oldest }) => oldest === null);
}
