/**
 * Calls `stop` once when the parent that started us with EXIT_WHEN_STDIN_CLOSES=1 closes our stdin or dies; does
 * nothing when started in any other way. A stop that has not ended the process after `graceMs` (default 10,000) is cut short.
 */
export function onLeashCut(stop: () => unknown, { graceMs = 10_000 }: { graceMs?: number } = {}): void {
  if (process.env.EXIT_WHEN_STDIN_CLOSES !== '1') return;
  // Not inherited: a grandchild with no stdin of its own would take the leash for cut and end at once.
  delete process.env.EXIT_WHEN_STDIN_CLOSES;

  // The parent's death breaks our output pipes too, and an unheard EPIPE would end us in the middle of stopping.
  process.stdout.on('error', () => {});
  process.stderr.on('error', () => {});

  const cut = () => {
    setTimeout(() => process.exit(1), graceMs).unref();
    stop();
  };
  // 'close' follows both an orderly end and an error.
  process.stdin.on('error', () => {}).once('close', cut);
  process.stdin.resume();
  (process.stdin as { unref?: () => void }).unref?.();
}
