import { expect, it } from 'vitest';
import { readBackfillFile } from '../../../activities/database/backfill-file.js';

const head = '-- sluice: table=customers key=id batch=2000\n';
const read = (sql: string) => readBackfillFile({ phase: 'backfill', name: 'V2__x.sql', sql });
const problemsOf = (sql: string) => {
  const file = read(sql);
  return 'problems' in file ? file.problems : [];
};

it('takes the statement apart, its ranges as parameters and nothing moved', () => {
  const sql = `${head}update customers c set name = o.name from others o
where c.id > :after and c.id <= :upto and o.id = c.id and c.name is distinct from o.name returning 1;`;
  const file = read(sql);
  expect(file).toMatchObject({
    header: { table: ['customers'], key: 'id', batch: 2000, verify: undefined },
    update: {
      countLeft: expect.stringMatching(
        /^select count\(\*\) as left from customers c, others o where c.id > \$1 .* and c.id <= \$2 .* and c.name is distinct from o.name$/,
      ),
    },
  });
  if ('problems' in file) throw new Error();
  expect(file.update.update.indexOf('and o.id')).toBe(sql.indexOf('and o.id') - head.length);
});

it('finds the clauses of a statement that has their words elsewhere, too', () => {
  const file = read(`${head}update only customers set a = (select b from t where b = 1), c = x is not distinct from y
where id > :after and id <= :upto and (a is null or c between 1 and 2) and n between 3 and 4`);
  expect(file).toMatchObject({
    update: { countLeft: expect.stringMatching(/ from only customers where id > .* and n between 3 and 4$/) },
  });
});

it('takes quoted names, a schema, and a verify line of its own', () => {
  const file = read(`-- sluice: table=shop."Customers" key="Id"
-- sluice: verify=select count(*) from shop."Customers" where n <> 1
update shop."Customers" set n = n + 1 where "Id" > :after and "Id" <= :upto`);
  expect(file).toMatchObject({
    header: { table: ['shop', 'Customers'], key: 'Id', batch: 1000, verify: expect.stringMatching(/^select .* <> 1$/) },
    update: { countLeft: undefined },
  });
});

const where = 'where id > :after and id <= :upto and a is null';
const refused: readonly (readonly [sql: string, problem: RegExp])[] = [
  [`update customers set a = 1 ${where}`, /no table and no key in it/],
  [
    `-- sluice: table=customers key=id batchsize=10\nupdate customers set a = 1 ${where}`,
    /V2__x.sql:1:1: batchsize: expected table=/,
  ],
  [`-- sluice: table=customers key=id key=id\nupdate customers set a = 1 ${where}`, /key: found it twice/],
  [
    `-- sluice: table=customers key=id batch=5\nupdate customers set a = 1 ${where}`,
    /number from 100 to 20000, found "5"/,
  ],
  [
    `-- sluice: table=customers key=id verify=delete from a\nupdate customers set a = 1 ${where}`,
    /expected one SELECT/,
  ],
  [`-- sluice: table=a..b key=id\nupdate customers set a = 1 ${where}`, /expected a table's name/],
  [
    `${head}update others set a = 1 ${where}`,
    /V2__x.sql:2:1: expected the head comment's table customers, found others/,
  ],
  [`update customers set a = 1 ${where}\n${head}`, /above the statement/],
  [`${head}update customers set a = 1 ${where}; select 1`, /exactly one UPDATE/],
  [`${head}delete from customers ${where}`, /expected UPDATE … SET … WHERE/],
  [`${head}update customers set a = 1`, /expected UPDATE … SET … WHERE/],
  [
    `${head}update customers set a = 1 where id >= :after and id <= :upto and a is null`,
    /id > :after and id <= :upto once each/,
  ],
  [
    `${head}update customers set a = 1 where id between :after and :upto and a is null`,
    /id > :after and id <= :upto once each/,
  ],
  [
    `${head}update customers set a = 1 where no > :after and no <= :upto and a is null`,
    /id > :after and id <= :upto once each/,
  ],
  [`${head}update customers set a = 1 ${where} or b is null`, /V2__x.sql:2:76: expected AND/],
  [`${head}update customers set a = :after ${where}`, /expected :after nowhere but in the bounds/],
  [
    `${head}update customers set a = 1 where id > :after and id <= :upto`,
    /nothing tells a filled row from an unfilled one/,
  ],
];

it.each(refused)('refuses %j', (sql, problem) => {
  expect(problemsOf(sql).join('\n')).toMatch(problem);
});
