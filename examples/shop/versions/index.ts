import { v1 } from './v1.js';
import { v2 } from './v2.js';
import { v3 } from './v3.js';
import { v4 } from './v4.js';
import type { Version } from './version.js';

const versions: Readonly<Record<string, Version>> = { '1': v1, '2': v2, '3': v3, '4': v4 };

export function versionNumbered(number: string | undefined): Version {
  const version = versions[number ?? ''];
  if (version) return version;
  throw new Error(`expected --version ${Object.keys(versions).join(', ')}, got ${number ?? 'none'}`);
}
