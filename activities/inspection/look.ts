import { isReleaseError } from '../../domain/failure.js';
import type { Seen } from '../../domain/doctor/finding.js';

/** Looks, and keeps a failure of the table as what was seen; anything else is a defect of ours and is thrown. */
export async function look<T>(read: () => Promise<T>): Promise<Seen<T>> {
  try {
    return { seen: await lookTwice(read) };
  } catch (error) {
    if (isReleaseError(error)) return { failure: { code: error.code, message: error.message } };
    throw error;
  }
}

/**
 * Once more where no answer of AWS came: one that is lost, as on a connection that was cut while it idled, says nothing
 * about the service. Only for what changes nothing.
 */
export async function lookTwice<T>(read: () => Promise<T>): Promise<T> {
  try {
    return await read();
  } catch (error) {
    if (!isReleaseError(error) || error.code !== 'aws-unreachable') throw error;
    return read();
  }
}
