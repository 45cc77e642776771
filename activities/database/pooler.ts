/**
 * Whether whoever stands between us and the server gives its sessions to several clients by turns, a transaction or a
 * statement each. While `other`, a second client, is in a transaction, such a pooler answers both from one session, or
 * `mine` from another one than before. One that keeps a session for each client does neither.
 */
export async function sharesSessions(mine: Ask, other: Ask): Promise<boolean> {
  const before = await pidOf(mine);
  for (let round = 1; round <= rounds; round++) {
    // Where no transaction may last longer than a statement, this is refused.
    const begun = await other('begin').catch(() => undefined);
    if (begun === undefined) return true;
    // Asked first: where there is but one session, ours would wait for it.
    if ((await pidOf(other)) === before) return true;
    const now = await pidOf(mine);
    await other('rollback');
    if (now !== before) return true;
  }
  return false;
}

/** One client of whatever answers at the address. */
export type Ask = (sql: string) => Promise<{ readonly rows: readonly { readonly pid?: number }[] }>;

export async function pidOf(ask: Ask): Promise<number> {
  return (await ask('select pg_backend_pid() as pid')).rows[0]?.pid ?? 0;
}

/** Other clients take part in who gets which session. */
const rounds = 5;
