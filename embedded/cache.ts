import { homedir } from 'node:os';
import path from 'node:path';

/** Where things that were downloaded or built once are kept for this user: `<user's cache>/sluice/<parts>`. */
export function cachePath(...parts: string[]): string {
  const base =
    process.platform === 'win32'
      ? (process.env.LOCALAPPDATA ?? path.join(homedir(), 'AppData', 'Local'))
      : process.env.XDG_CACHE_HOME || path.join(homedir(), '.cache');
  return path.join(base, 'sluice', ...parts);
}
