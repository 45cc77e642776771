import type { z } from 'zod';
import { mapping, name, sql } from './body-schema.js';
import { changeTable, findTable, placeOfTable, type Table, withoutTable } from './catalogue.js';
import { missingTable, tableOf } from './checks.js';
import { literal, qualified, quoted } from './names.js';
import type { OperationKind, OperationProblem, Situation } from './operation.js';
import { refuseParent, refuseUnlike } from './partition-checks.js';
import { cutOf, validate } from './phased-constraint.js';

const schema = mapping(
  {
    table: name('the name of the table with partitions'),
    partition: name('the name of the table that becomes one'),
    values: sql(`the values it takes, such as FROM ('2026-01-01') TO ('2026-02-01') or IN ('eu')`),
  },
  'table, partition and values',
);
type Body = z.output<typeof schema>;

export const attachPartition: OperationKind<Body> = {
  name: 'attach_partition',
  manual: {
    purpose:
      'Makes a table a partition of another one. That its rows fit is proven before, by a check, so that nothing is looked through under a lock.',
    backfill: {
      does: 'makes the check, from when on a row that does not fit is refused; proves it; then attaches the table',
      locks:
        'the table that becomes a partition, for a moment, twice; the one it comes into stays open to reads and writes',
    },
    contract: { does: 'drops the check', locks: 'the partition, for a moment' },
    rollback: {
      does: 'detaches the partition as `detach_partition` does, and drops the check',
      locks: 'as `detach_partition`; then the partition, for a moment',
    },
    loses: 'nothing; rows that were written for these values stay in the table that was the partition',
  },
  schema,
  check(body, { catalogue }) {
    const parents = refuseParent(catalogue, body.table, ['table']);
    if (parents.length > 0) return parents;
    const partition = findTable(catalogue, body.partition);
    if (partition === undefined) return [missingTable(catalogue, body.partition, ['partition'])];
    if (partition.isNew === true) return [refuseNew(partition)];
    return refuseUnlike(tableOf(catalogue, body.table), partition, ['partition']);
  },
  plan(body, situation) {
    const { catalogue, names } = situation;
    const parent = tableOf(catalogue, body.table);
    const partition = tableOf(catalogue, body.partition);
    const place = placeOfTable(catalogue, partition);
    const check = names.standIn(partition.physical, 'bound');
    const added = { name: body.partition, isDefault: false };
    const dropCheck = `alter table if exists ${place} drop constraint if exists ${quoted(check)}`;
    return {
      after: changeTable(withoutTable(catalogue, partition), parent.name, (table) => ({
        ...table,
        partitions: [...(table.partitions ?? []), added],
      })),
      verdict: {
        goingBack: 'safe',
        loses: `nothing; what was written into ${parent.name} for these values stays in ${partition.name}`,
      },
      trials: [{ path: ['values'], sql: trialSql(body, situation) }],
      settle: [
        ...cutOf(partition.physical, [checkSql(body, situation, check)]),
        validate(partition.physical, place, check),
        ...cutOf(
          parent.physical,
          [`alter table ${placeOfTable(catalogue, parent)} attach partition ${place} for values ${body.values}`],
          'share update exclusive',
        ),
      ],
      contract: { cut: cutOf(partition.physical, [dropCheck]) },
      // The check first stays: with it the server makes none of its own.
      rollback: [
        {
          do: 'detach-partition',
          parent: { schema: catalogue.schema, name: parent.physical },
          partition: { schema: catalogue.schema, name: partition.physical },
        },
        ...cutOf(partition.physical, [dropCheck]),
      ],
    };
  },
};

function refuseNew({ name: found }: Table): OperationProblem {
  const message = `expected a table that is there, found ${found}, which is made in the same file; attach it in a later one`;
  return { path: ['partition'], message };
}

/** The server words the bound, for an empty table like the one that comes, in a transaction of which nothing else stays. */
function boundSql({ table, partition, values }: Body, { catalogue, names }: Situation): string {
  const copy = qualified(catalogue.schema, names.standIn(partition, 'like'));
  const [parent, like] = [table, partition].map((each) => placeOfTable(catalogue, tableOf(catalogue, each)));
  return `create table ${copy} (like ${like} including all);
    alter table ${parent} attach partition ${copy} for values ${values};
    bound := pg_get_partition_constraintdef(${literal(copy)}::regclass);`;
}

function checkSql(body: Body, situation: Situation, check: string): string {
  const place = placeOfTable(situation.catalogue, tableOf(situation.catalogue, body.partition));
  return `do $sluice$ declare bound text; begin
  begin
    ${boundSql(body, situation)}
    raise sqlstate 'SLUIC';
  exception when sqlstate 'SLUIC' then null;
  end;
  execute format('alter table %s add constraint %I check (%s) not valid', ${literal(place)}, ${literal(check)}, bound);
end $sluice$`;
}

function trialSql(body: Body, situation: Situation): string {
  const place = placeOfTable(situation.catalogue, tableOf(situation.catalogue, body.partition));
  return `do $sluice$ declare bound text; misfit jsonb; begin
  ${boundSql(body, situation)}
  execute format('select to_jsonb(sluice_row) from (select * from %s limit 1000) as sluice_row where not (%s) limit 1', ${literal(place)}, bound) into misfit;
  if misfit is not null then
    raise exception 'expected rows of % that fit its bound, found one that does not', ${literal(body.partition)} using detail = misfit;
  end if;
end $sluice$`;
}
