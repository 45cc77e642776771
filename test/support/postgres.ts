import { inject } from 'vitest';
import { sharedService } from './shared-service.js';

/** Connection string of a new, empty database in the Postgres of the run, or of the test project. It goes with the run. */
export function freshDatabase(name: string): Promise<string> {
  return sharedService(`/database/${inject('postgres')}/${encodeURIComponent(name)}`);
}
