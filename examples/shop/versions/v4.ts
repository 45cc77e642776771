import { v2 } from './v2.js';
import type { Version } from './version.js';

/** Version 2 again, without the promotions of version 3. */
export const v4: Version = { ...v2, number: '4' };
