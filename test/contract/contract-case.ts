import { describe, test } from 'vitest';

import type { AwsWorld } from './aws-world.js';

/**
 * One promise of a port. `holds` is what AWS does. Where an implementer of the API differs, `differs` says why, and
 * checks that the difference is really there, so that it cannot outlive its reason.
 */
export interface ContractCase {
  readonly holds: (world: AwsWorld) => Promise<void>;
  readonly differs?: Partial<Record<AwsWorld['name'], Difference>>;
}

export interface Difference {
  readonly why: string;
  readonly instead: (world: AwsWorld) => Promise<void>;
}

/** Runs the promises of one port, named by their sentences, against one world. */
export function runContract(contract: {
  readonly port: string;
  readonly cases: Readonly<Record<string, ContractCase>>;
  readonly worldName: AwsWorld['name'];
  readonly world: () => AwsWorld;
}): void {
  const { port, cases, worldName, world } = contract;
  describe(port, () => {
    for (const [promise, { holds, differs }] of Object.entries(cases)) {
      const difference = differs?.[worldName];
      if (difference === undefined) test(promise, () => holds(world()));
      else test(`${promise}: not on ${worldName}, ${difference.why}`, () => difference.instead(world()));
    }
  });
}
