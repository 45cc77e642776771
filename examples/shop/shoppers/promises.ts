import type { Acknowledgement } from './acknowledged.js';
import type { PersonName } from './names.js';

export type CheckoutPromise = Extract<Acknowledgement, { kind: 'checkout' }>;

/** A name the customer may have now, and the version that took it; undefined when nobody can know. */
export type NamePromise = PersonName & { readonly version: string | undefined };

export interface Promises {
  readonly checkouts: readonly CheckoutPromise[];
  readonly renames: number;
  /** By customer id, the names that are right today: one, or two while a rename is not answered. */
  readonly names: ReadonlyMap<string, readonly NamePromise[]>;
  /** The ids of customers whose last name was given by a rename and not by a checkout. */
  readonly renamed: ReadonlySet<string>;
}

/** What must be true in the end, from what was acknowledged one after the other. */
export function promisesOf(acknowledgements: readonly Acknowledgement[]): Promises {
  const checkouts: CheckoutPromise[] = [];
  const names = new Map<string, readonly NamePromise[]>();
  const renamed = new Set<string>();
  let renames = 0;
  for (const promise of acknowledgements) {
    const { kind, customerId, name, firstName, lastName } = promise;
    switch (kind) {
      case 'checkout':
        checkouts.push(promise);
        names.set(customerId, [{ name, firstName, lastName, version: promise.version }]);
        break;
      case 'rename':
        renames += 1;
        names.set(customerId, [{ name, firstName, lastName, version: promise.version }]);
        renamed.add(customerId);
        break;
      case 'rename-asked': {
        const before = names.get(customerId);
        // The name an old customer had before his first rename was promised by nobody: nothing is demanded.
        if (before) names.set(customerId, [...before, { name, firstName, lastName, version: undefined }]);
        break;
      }
    }
  }
  return { checkouts, renames, names, renamed };
}
