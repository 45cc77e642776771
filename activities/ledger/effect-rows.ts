import type { Change, EffectRecord, EffectStatus } from '../../domain/effect.js';
import type { ReleaseRef } from '../../domain/lane.js';
import type { Ledger } from './ledger.js';
import type { Ask } from './pg-ledger.js';

export interface EffectRow {
  readonly name: string;
  readonly sequence: string;
  readonly generation: string;
  readonly status: EffectStatus;
  readonly change: Change;
  readonly before: Change;
  readonly note: string | null;
  readonly intended_at: Date;
  readonly settled_at: Date | null;
}

type EffectMethods = 'findEffect' | 'recordIntent' | 'recordOutcome' | 'readEffects';

export function effectRows(ask: Ask): Pick<Ledger, EffectMethods> {
  const key = (release: ReleaseRef) => [release.lane.environment, release.lane.service, release.version];
  const find = async (release: ReleaseRef, name: string) =>
    ask<EffectRow>(
      'select * from sluice.effect where environment = $1 and service = $2 and version = $3 and name = $4',
      [...key(release), name],
    );

  return {
    async findEffect(release, name) {
      const [row] = await find(release, name);
      return row === undefined ? undefined : toRecord(row);
    },

    async recordIntent(release, intent) {
      const inserted = await ask<EffectRow>(
        `insert into sluice.effect (environment, service, version, name, generation, change, before, status)
         values ($1, $2, $3, $4, $5, $6, $7, 'intent')
         on conflict do nothing returning *`,
        [...key(release), intent.name, intent.generation, JSON.stringify(intent.change), JSON.stringify(intent.before)],
      );
      const [row] = inserted.length > 0 ? inserted : await find(release, intent.name);
      if (row === undefined) throw new Error(`the intent ${intent.name} was neither written nor found`);
      return toRecord(row);
    },

    async recordOutcome(release, name, status, note) {
      await ask(
        `update sluice.effect set status = $5, note = $6, settled_at = now()
          where environment = $1 and service = $2 and version = $3 and name = $4`,
        [...key(release), name, status, note ?? null],
      );
    },

    async readEffects(release) {
      const rows = await ask<EffectRow>(
        'select * from sluice.effect where environment = $1 and service = $2 and version = $3 order by sequence',
        key(release),
      );
      return rows.map(toRecord);
    },
  };
}

export function toRecord(row: EffectRow): EffectRecord {
  return {
    name: row.name,
    sequence: Number(row.sequence),
    generation: Number(row.generation),
    status: row.status,
    change: row.change,
    before: row.before,
    ...(row.note === null ? {} : { note: row.note }),
  };
}
