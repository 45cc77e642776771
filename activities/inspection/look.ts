import { isReleaseError } from '../../domain/failure.js';
import type { Seen } from '../../domain/doctor/finding.js';

/** Looks, and keeps a failure of the table as what was seen; anything else is a defect of ours and is thrown. */
export async function look<T>(read: () => Promise<T>): Promise<Seen<T>> {
  try {
    return { seen: await read() };
  } catch (error) {
    if (isReleaseError(error)) return { failure: { code: error.code, message: error.message } };
    throw error;
  }
}
