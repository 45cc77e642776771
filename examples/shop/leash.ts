/**
 * Whoever starts us as a child with EXIT_WHEN_STDIN_CLOSES=1 holds our stdin. Resolves when it closes, which it also
 * does when that process is killed; never resolves when we were started in any other way.
 */
export function leashCut(): Promise<void> {
  if (process.env.EXIT_WHEN_STDIN_CLOSES !== '1') return new Promise(() => {});
  // The same death breaks our output pipes, and an unheard EPIPE would end us in the middle of stopping.
  process.stdout.on('error', () => {});
  process.stderr.on('error', () => {});
  return new Promise((resolve) => {
    process.stdin
      .on('error', () => {})
      .once('close', resolve)
      .resume();
  });
}
