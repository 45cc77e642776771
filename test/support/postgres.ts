import { sharedService } from './shared-service.js';

/** Connection string of a new, empty database in the run's Postgres. It goes with the run. */
export function freshDatabase(name: string): Promise<string> {
  return sharedService(`/database/${encodeURIComponent(name)}`);
}
