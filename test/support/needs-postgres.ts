import { beforeEach, inject } from 'vitest';
import { sharedService } from './shared-service.js';

// A test file whose server cannot be had here is skipped; the run tells the reason once.
const { missing } = await sharedService<{ missing?: string }>(`/postgres/${inject('postgres')}`);
if (missing !== undefined) {
  beforeEach(({ skip }) => skip(missing));
}
