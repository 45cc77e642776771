import type { Pool } from 'pg';
import type { Version } from '../versions/version.js';

/** What every route works with. */
export interface Shop {
  readonly pool: Pool;
  readonly version: Version;
}

/** The JSON schema of an id: a number too big for JavaScript, so a string of digits. */
export const id = { type: 'string', pattern: '^[1-9][0-9]{0,17}$' } as const;

export const idParams = { type: 'object', required: ['id'], properties: { id } } as const;

/** The JSON schemas of a customer's name, see NameInput. */
export const nameProperties = {
  name: { type: 'string', minLength: 1, maxLength: 200 },
  firstName: { type: 'string', minLength: 1, maxLength: 200 },
  lastName: { type: 'string', maxLength: 200 },
} as const;
