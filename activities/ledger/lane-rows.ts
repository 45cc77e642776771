import { ReleaseError } from '../../domain/failure.js';
import { laneName } from '../../domain/lane.js';
import type { Ledger } from './ledger.js';
import type { Ask } from './pg-ledger.js';

export function laneRows(ask: Ask): Pick<Ledger, 'takeGeneration' | 'checkGeneration'> {
  return {
    async takeGeneration(lane, seen = 0) {
      const [row] = await ask<{ generation: string }>(
        `insert into sluice.lane (environment, service, generation) values ($1, $2, $3::bigint + 1)
         on conflict (environment, service) do update set generation = greatest(lane.generation, $3) + 1
         returning generation`,
        [lane.environment, lane.service, seen],
      );
      return Number(row?.generation);
    },

    async checkGeneration(lane, generation) {
      const [row] = await ask<{ generation: string }>(
        'select generation from sluice.lane where environment = $1 and service = $2',
        [lane.environment, lane.service],
      );
      const current = Number(row?.generation ?? 0);
      if (current === generation) return;
      throw new ReleaseError(
        'fenced',
        `lane ${laneName(lane)} is in generation ${current}; this attempt is of generation ${generation} and must not act`,
      );
    },
  };
}
