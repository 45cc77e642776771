import { expect, it, onTestFinished } from 'vitest';
import { createEngineOfEach } from '../../../activities/database/engine-of-each.js';
import type { Migration } from '../../../activities/database/schema-engine.js';
import { standalone } from '../../../activities/database/standalone.js';
import { createCustomers, migration, names, phaseRun, type Scratch, scratchDatabase, watchedRun } from './scratch.js';

const engine = createEngineOfEach({ pacing: { pauseRatio: 0 }, lockPatienceMs: 300 });

const refused = { code: '42501' };
const rename = { rename_column: { table: 'customers', from: 'full_name', to: 'name' } };
const shout = {
  alter_column: {
    table: 'customers',
    column: 'full_name',
    type: 'varchar(80)',
    up: 'upper(full_name)',
    down: 'full_name',
  },
};

const file = (name: string, ...operations: readonly object[]) => ({ name, text: JSON.stringify({ operations }) });

/** Customers, and roles that can log in: an application, and one that may give its rights on to a third. */
async function withRoles() {
  const database = await scratchDatabase();
  await createCustomers(database, 5);
  const suffix = `${process.pid}_${Date.now()}`;
  const roles = { app: `app_${suffix}`, report: `report_${suffix}`, clerk: `clerk_${suffix}` };
  await database.sql(
    Object.values(roles)
      .map((role) => `create role ${role} login`)
      .join(';'),
  );
  onTestFinished(async () => {
    const all = Object.values(roles).join(', ');
    await database.sql(`drop owned by ${all}; drop role ${all}`);
  });
  const as = async (role: string, path = 'public') => {
    const client = await database.connect('old');
    await client.query(`set role ${role}; set search_path = ${path}`);
    return client;
  };
  return { database, roles, as };
}

/** Every right there is outside of the catalogue: `public.customers (full_name): UPDATE to clerk by app, and on`. */
const rightsIn = async ({ sql }: Scratch) => {
  const rows = await sql<{ right: string }>(
    `select format('%s%s: %s to %s by %s%s', place, ' (' || attname || ')', privilege_type, grantee::regrole, grantor::regrole, case when is_grantable then ', and on' end) as right
     from (select oid::regclass as place, relnamespace, null as attname, acl.* from pg_class, aclexplode(coalesce(relacl, acldefault('r', relowner))) as acl where relkind in ('r', 'v') and relname <> 'flyway_schema_history'
       union all select attrelid::regclass, relnamespace, attname, acl.* from pg_attribute join pg_class on pg_class.oid = attrelid, aclexplode(attacl) as acl where not attisdropped) as found
     where relnamespace in (select oid from pg_namespace where nspname like 'public%') order by 1`,
  );
  return rows.map(({ right }) => right);
};

const closeOld = (shop: Migration) => engine.closeOld(shop, phaseRun());
const begin = async (shop: Migration) => {
  await engine.expand(shop, phaseRun());
  await engine.backfill(shop, phaseRun());
};

it('keeps clients of the old version’s views out at once and lets the new version work, until its rights are given back exactly', async () => {
  const { database, roles, as } = await withRoles();
  await database.sql(`create table orders (customer bigint references customers); insert into orders values (1);
    grant select, insert, update, delete on customers to ${roles.app}; grant insert on orders to ${roles.app}`);
  const first = migration(database, {}, { operations: [file('1_note.json', addNote)] });
  await begin(first);
  await engine.contract(first, phaseRun());
  await database.sql(`grant select on public_1_note.customers to ${roles.report} with grant option; grant select on public_1_note.customers to public;
    set role ${roles.report}; grant select on public_1_note.customers to ${roles.clerk}; reset role`);
  const shop = migration(database, {}, { operations: [...(first.operations ?? []), file('2_shout.json', shout)] });
  await begin(shop);
  const before = await rightsIn(database);
  const old = await as(roles.app, 'public_1_note, public');
  const next = await as(roles.app, 'public_2_shout, public');
  await old.query(`update customers set full_name = 'old' where id = 1`);

  const { closes, keepsOut, cannot } = await closeOld(shop);
  expect(closes).toEqual(['public_1_note.customers', 'public_1_note.orders']);
  expect(keepsOut).toEqual(expect.arrayContaining(Object.values(roles)));
  expect(cannot).toContain('postgres is a superuser and keeps its rights: sessions of postgres are not tried');
  expect(await engine.readClosed(shop)).toEqual({ closed: 2, left: 0 });
  for (const sql of ['select id from customers', `update customers set full_name = 'x' where id = 1`]) {
    await expect(old.query(sql)).rejects.toMatchObject(refused);
  }
  await expect((await as(roles.clerk, 'public_1_note')).query('select from customers')).rejects.toMatchObject(refused);
  await next.query(
    `update customers set full_name = 'NEW' where id = 2; insert into customers (full_name) values ('NEWER')`,
  );
  await next.query('insert into orders values (2)');
  await database.sql('delete from customers where id = 5');
  expect(await database.value('select full_name from customers where id = 2')).toBe('NEW');
  // Twice is once, and no second look at the rights is taken for what they were.
  await closeOld(shop);
  await engine.reopenOld(shop, phaseRun());
  expect(await rightsIn(database)).toEqual(before);
  await old.query(`update customers set full_name = 'old' where id = 1`);
  await engine.reopenOld(shop, phaseRun());
  expect(await engine.readClosed(shop)).toEqual({ closed: 0, left: 2 });

  await closeOld(shop);
  await engine.contract(shop, phaseRun());
  expect(await database.value('select count(*)::int from sluice.schema_closed')).toBe(0);
  await next.query(`update customers set full_name = 'END' where id = 2`);
});

const addNote = { add_column: { table: 'customers', column: { name: 'note', type: 'text', nullable: true } } };

it('closes the columns that only the old version has where it works on the tables, and the new one still writes', async () => {
  const { database, roles, as } = await withRoles();
  await database.sql(`grant all on customers to ${roles.app}; alter table customers add column gone int`);
  const drop = { drop_column: { table: 'customers', column: 'gone', down: '1' } };
  const shop = migration(database, {}, { operations: [file('1_shout.json', shout, drop)] });
  const before = await rightsIn(database);
  await begin(shop);
  const old = await as(roles.app);
  const next = await as(roles.app, 'public_1_shout, public');
  expect(await closeOld(shop)).toMatchObject({ closes: ['public.customers (full_name, gone)'], keepsOut: [roles.app] });
  for (const sql of [
    'select full_name from customers',
    'select * from customers',
    `insert into customers (full_name) values ('x')`,
    `update customers set gone = 2`,
  ]) {
    await expect(old.query(sql)).rejects.toMatchObject(refused);
  }
  await old.query('select xmin, id from customers; delete from customers where id = 5');
  await next.query(
    `update customers set full_name = 'NEW' where id = 2; insert into customers (full_name) values ('NEWER') returning *`,
  );
  // The triggers write the old form, to which the writer has no right.
  expect(await database.value('select full_name from customers where id = 2')).toBe('NEW');
  expect(await database.value(`select gone from customers where full_name = 'NEWER'`)).toBe(1);
  await engine.rollback(shop, [], phaseRun());
  expect(await rightsIn(database)).toEqual(before);
  await old.query('select * from customers');
});

it('leaves open what only gets another name, and what a trigger reads with the rights of who writes', async () => {
  const { database, roles, as } = await withRoles();
  await database.sql(`create table profiles (customer bigint primary key, bio text); insert into profiles values (1);
    alter table customers add column motto text; grant all on customers, profiles to ${roles.app}`);
  const move = {
    move_column: { table: 'customers', column: 'motto', to: 'profiles', key: { from: 'id', to: 'customer' } },
  };
  const shop = migration(database, {}, { operations: [file('1_both.json', rename, move)] });
  await begin(shop);
  await expect(closeOld(shop)).rejects.toMatchObject({
    code: 'migration-failed',
    message: expect.stringMatching(
      /found nobody it would: .*customers\.full_name stays open: it only gets another name.*customers\.motto stays open: a trigger uses it/,
    ) as string,
  });
  const next = await as(roles.app, 'public_1_both, public');
  await next.query(`insert into profiles (customer, motto) values (2, 'on')`);
  expect(await database.value('select motto from customers where id = 2')).toBe('on');
});

it('of SQL files takes the right to a table as one to its other columns, and gives it back with grantor and grant option', async () => {
  const { database, roles, as } = await withRoles();
  await database.sql(`grant select, insert, references on customers to ${roles.report} with grant option; grant delete, truncate, trigger on customers to ${roles.report};
    grant select on customers to public; grant update (full_name, id) on customers to ${roles.clerk} with grant option;
    set role ${roles.report}; grant select, insert on customers to ${roles.app}; reset role;
    set role ${roles.clerk}; grant update (full_name) on customers to ${roles.app}; reset role`);
  const shop = migration(database, names);
  await begin(shop);
  const before = await rightsIn(database);
  expect(await closeOld(shop)).toMatchObject({ closes: ['public.customers (full_name)'] });
  const [app, report] = [await as(roles.app), await as(roles.report)];
  await expect(app.query('select full_name from customers')).rejects.toMatchObject(refused);
  await expect(app.query(`update customers set full_name = 'x'`)).rejects.toMatchObject(refused);
  await app.query('select first_name from customers');
  await report.query('delete from customers where id = 4');
  // Whoever might give rights on still may, as far as the columns go that stay.
  await report.query(`grant select (first_name) on customers to ${roles.clerk}`);
  await report.query(`revoke select (first_name) on customers from ${roles.clerk}`);
  const closed = /found the rights to public\.customers \(full_name\) taken away by test\/shop; end what has closed it/;
  const next = migration(database, { ...names, ...later });
  await expect(engine.expand(next, phaseRun())).rejects.toMatchObject({
    message: expect.stringMatching(closed) as string,
  });
  // Whoever plans it is told before anything is begun; what only goes on with contract is not.
  expect((await engine.plan(next)).refusals).toEqual([expect.stringMatching(closed)]);
  const operations = [file('1_note.json', addNote)];
  expect((await engine.plan(migration(database, {}, { operations }))).refusals).toEqual([
    expect.stringMatching(closed),
  ]);
  const { files } = next;
  const standing = await standalone.standing({ url: database.url, files, lockTimeoutMs: 200, lockPatienceMs: 300 });
  expect(standing.refusals).toEqual([expect.stringMatching(closed)]);
  expect((await engine.plan(shop)).refusals).toEqual([]);
  await engine.reopenOld(shop, phaseRun());
  expect(await rightsIn(database)).toEqual(before);

  await closeOld(shop);
  await engine.contract(shop, phaseRun());
  expect(await rightsIn(database)).toEqual(before.filter((right) => !right.includes('(full_name)')));
  expect(await database.value('select count(*)::int from sluice.schema_closed')).toBe(0);
});

it('of SQL files leaves open what a trigger uses with the rights of who writes, and closes a table once by whatever name', async () => {
  const { database, roles, as } = await withRoles();
  await database.sql(`alter table customers add column motto text, add column nick text; create table people (customer bigint, name text);
    create function write_old(who bigint, name text) returns void language sql as 'update customers set full_name = name where id = who';
    create function people_sync() returns trigger language plpgsql as 'begin perform write_old(new.customer, new.name); return new; end';
    create trigger people_sync before insert on people for each row execute function people_sync();
    create function nick_sync() returns trigger language plpgsql as 'begin if (select count(*) from customers where id = 0) = 0 then new.nick := upper(new.motto); end if; return new; end';
    create trigger nick_sync before update on customers for each row execute function nick_sync();
    grant insert, select on people to ${roles.app}; grant select, update on customers to ${roles.app}`);
  const shop = migration(database, {
    'contract/V1__old.sql':
      'alter table customers drop column full_name, drop column motto; alter table public.customers drop column nick;',
  });
  const { closes, cannot } = await closeOld(shop);
  expect(closes).toEqual(['public.customers (motto, nick)']);
  expect(cannot).toContain('customers.full_name stays open: a trigger uses it with the rights of who writes');
  const next = await as(roles.app);
  await next.query(`insert into people values (2, 'Next')`);
  expect(await database.value('select full_name from customers where id = 2')).toBe('Next');

  await engine.reopenOld(shop, phaseRun());
  await database.sql('alter function people_sync security definer');
  expect((await closeOld(shop)).closes).toEqual(['public.customers (full_name, motto, nick)']);
  await next.query(`insert into people values (3, 'Definer')`);
  expect(await database.value('select full_name from customers where id = 3')).toBe('Definer');
  await engine.reopenOld(shop, phaseRun());
  await database.sql(
    `create or replace function write_old(who bigint, name text) returns void language sql as 'insert into customers overriding system value values (who, name)'; alter function people_sync security invoker`,
  );
  expect((await engine.plan({ ...shop, softContract: true })).softContract).toMatchObject({ closes: [] });
});

it('keeps apart what each lane has closed, and refuses to close anything twice', async () => {
  const { database, roles, as } = await withRoles();
  await database.sql(
    `create table carts (id int, old text, older text); grant all on carts, customers to ${roles.app}`,
  );
  const before = await rightsIn(database);
  const shop = migration(database, names);
  const dropping = (column: string, lane: string) =>
    migration(database, { 'contract/V9__carts.sql': `alter table carts drop column ${column};` }, { lane });
  const cart = dropping('old', 'test/cart');
  await begin(shop);
  await closeOld(cart);
  await closeOld(shop);
  const words =
    /public\.carts \(old\) closed, found its rights taken away by test\/cart; .*`sluice db contract --reopen --lane test\/cart`/;
  const refusal = { code: 'migration-failed', message: expect.stringMatching(words) as string };
  await expect(closeOld(dropping('older', 'test/third'))).rejects.toMatchObject(refusal);

  const app = await as(roles.app);
  await engine.rollback(shop, [], phaseRun());
  await app.query('select full_name from customers');
  await expect(app.query('select old from carts')).rejects.toMatchObject(refused);
  expect(await engine.readClosed(cart)).toEqual({ closed: 1, left: 0 });
  const own = await reopenByHand(database);
  expect(own).toMatchObject({ files: [], stays: [{ what: 'public.carts (old)', lane: 'test/cart' }] });
  await expect(app.query('select old from carts')).rejects.toMatchObject(refused);
  expect(await reopenByHand(database, 'test/cart')).toEqual({ files: ['public.carts (old)'] });
  expect(await rightsIn(database)).toEqual(before);
  // Also where nothing but SQL files was ever run.
  const { events } = await standalone.history(database);
  expect(events.map(({ name, event, by }) => `${name}: ${event}, ${by}`)).toEqual([
    `public.carts (old): closed by test/cart: keeps out ${roles.app}, postgres`,
    `public.customers (full_name): closed by test/shop: keeps out ${roles.app}, postgres`,
    'public.customers (full_name): reopened by test/shop, postgres',
    'public.carts (old): reopened by sluice db, postgres',
  ]);

  // An earlier version of sluice did not say who has closed it.
  await closeOld(cart);
  await database.sql('alter table sluice.schema_closed drop column lane, drop column row_type');
  expect((await standalone.history(database)).closed).toEqual([expect.not.objectContaining({ lane: 'test/cart' })]);
  await engine.contract(migration(database, { 'contract/V1__nothing.sql': 'select 1;' }), phaseRun());
  expect(await rightsIn(database)).toEqual(before);
  await closeOld(cart);
  expect((await standalone.history(database)).closed).toMatchObject([{ lane: 'test/cart' }]);
});

const reopenByHand = ({ url }: Scratch, closedBy?: string) =>
  standalone.reopenOld(
    { url, lockTimeoutMs: 200, lockPatienceMs: 10_000, ...(closedBy === undefined ? {} : { closedBy }) },
    { signal: new AbortController().signal, onProgress: () => {} },
  );

const later = { 'expand/V3__more.sql': 'select 1;', 'expand/U3__more.sql': 'select 1;' };

it('goes on where an attempt was stopped, closes a table that goes but for its owner, and gives all back on the way back', async () => {
  const { database, roles, as } = await withRoles();
  await database.sql(`create table orders (id int); grant select on customers, orders to ${roles.app}`);
  const shop = migration(database, { ...names, 'contract/V2.4__orders.sql': 'drop table orders;' });
  const before = await rightsIn(database);
  await begin(shop);
  const other = await database.connect('other');
  await other.query('begin; lock table customers in exclusive mode');
  await expect(closeOld(shop)).rejects.toMatchObject({ code: 'database-locked' });
  expect(await engine.readClosed(shop)).toEqual({ closed: 1, left: 1 });
  await other.query('commit');
  const app = await as(roles.app);
  await expect(app.query('select from orders')).rejects.toMatchObject(refused);
  await app.query('select full_name from customers');
  expect((await closeOld(shop)).keepsOut).toEqual([roles.app]);
  await expect(app.query('select full_name from customers')).rejects.toMatchObject(refused);
  expect(await rightsOfOwner(database)).toBe(true);
  await engine.rollback(shop, [], phaseRun());
  expect(await rightsIn(database)).toEqual(before);
});

const rightsOfOwner = ({ value }: Scratch) =>
  value<boolean>(
    `select has_table_privilege(relowner, pg_class.oid, 'SELECT, DELETE') from pg_class where relname = 'orders'`,
  );

it('works as the owner of the tables, who is kept out of the old views, and of no table', async () => {
  const { database, roles, as } = await withRoles();
  await database.sql(`alter role ${roles.app} password 'secret'; alter table customers owner to ${roles.app};
    grant create on schema public to ${roles.app};
    grant create on database ${new URL(database.url).pathname.slice(1)} to ${roles.app}`);
  const url = Object.assign(new URL(database.url), { username: roles.app, password: 'secret' }).href;
  const first = migration({ url }, {}, { operations: [file('1_note.json', addNote)] });
  await begin(first);
  const reason = new RegExp(`${roles.app} owns customers and keeps its rights`);
  const sql = migration({ url }, names);
  expect(await closeOld(first)).toEqual({ closes: [], keepsOut: [], cannot: [], refusals: [] });
  await engine.contract(first, phaseRun());
  const shop = migration({ url }, {}, { operations: [...(first.operations ?? []), file('2_shout.json', shout)] });
  await begin(shop);
  expect((await engine.plan({ ...sql, softContract: true })).refusals).toEqual(
    expect.arrayContaining([expect.stringMatching(reason)]),
  );
  const before = await rightsIn(database);
  expect((await closeOld(shop)).keepsOut).toContain(roles.app);
  const old = await as(roles.app, 'public_1_note, public');
  await expect(old.query('select id from customers')).rejects.toMatchObject(refused);
  await (await as(roles.app, 'public_2_shout, public')).query(`update customers set full_name = 'NEW' where id = 2`);
  await engine.reopenOld(shop, phaseRun());
  expect(await rightsIn(database)).toEqual(before);
  await old.query('select id from customers');
  await closeOld(shop);
  await engine.contract(shop, phaseRun());
  expect(await database.value('select count(*)::int from sluice.schema_closed')).toBe(0);
});

it('says before it begins whose rights it could not give back, and afterwards which it did not, with what to run', async () => {
  const { database, roles } = await withRoles();
  const { app, report, clerk } = roles;
  const boss = `boss_${app}`;
  await database.sql(`alter role ${app} password 'secret'; alter table customers owner to ${app};
    grant create on schema public to ${app}; grant create on database ${new URL(database.url).pathname.slice(1)} to ${app};
    create role ${boss}; grant ${boss} to ${app};
    set role ${app}; grant select on customers to ${report} with grant option; grant insert on customers to ${boss} with grant option;
    set role ${boss}; grant insert on customers to ${clerk}; reset role;
    set role ${report}; grant select on customers to ${clerk}; reset role`);
  const url = Object.assign(new URL(database.url), { username: app, password: 'secret' }).href;
  const shop = migration({ url }, names);
  await begin(shop);
  const before = await rightsIn(database);
  const foreign = new RegExp(`SELECT to ${clerk} that ${report} gave; run \`grant ${report} to ${app}\``);
  expect((await engine.plan({ ...shop, softContract: true })).refusals).toEqual([expect.stringMatching(foreign)]);
  await expect(closeOld(shop)).rejects.toMatchObject({ message: expect.stringMatching(foreign) as string });
  expect((await standalone.history(database)).closed).toEqual([]);

  await database.sql(`grant ${report} to ${app}`);
  expect((await closeOld(shop)).keepsOut).toEqual([clerk, report]);
  await database.sql(`revoke ${report} from ${app}; drop owned by ${boss}; drop role ${boss}`);
  await expect(engine.reopenOld(shop, phaseRun())).rejects.toMatchObject({
    message: expect.stringMatching(foreign) as string,
  });
  expect((await standalone.history(database)).closed).toHaveLength(1);
  await database.sql(`grant ${report} to ${app}`);
  const { run, seen } = watchedRun();
  await engine.reopenOld(shop, run);
  const said = (privilege: string) =>
    `${privilege}, is not given back, because ${boss} is no role any more; where it is needed, run`;
  expect(seen.flatMap(({ detail, isNotice }) => (isNotice === true ? [detail] : []))).toEqual([
    `${said(`INSERT to ${boss}, which ${app} gave`)} \`grant INSERT on public.customers to ${boss} with grant option\``,
    `${said(`INSERT to ${clerk}, which ${boss} gave`)} \`grant INSERT on public.customers to ${clerk}\``,
  ]);
  expect(await rightsIn(database)).toEqual(before.filter((right) => !right.includes(boss)));
  const { events } = await standalone.history(database);
  expect(events.slice(-2).map(({ event }) => event)).toEqual([
    expect.stringMatching(`^INSERT to ${boss}.*is not given back`),
    expect.stringMatching(`^INSERT to ${clerk}.*is not given back`),
  ]);
});

it('gives no rights to what has taken the place of a table while that was closed, and says so', async () => {
  const { database, roles } = await withRoles();
  await database.sql(
    `create table carts (id int); create table notes (id int); create table plain (id int);
     grant select (id) on carts to ${roles.app}; grant select on carts, notes, plain to ${roles.app}`,
  );
  const shop = migration(database, { 'contract/V1__all.sql': 'drop table carts; drop table notes; drop table plain;' });
  await closeOld(shop);
  expect(await engine.readClosed(shop)).toEqual({ closed: 3, left: 0 });
  await database.sql(`drop table carts; create table carts (id int); drop table notes`);
  expect(await engine.readClosed(shop)).toEqual({ closed: 3, left: 1 });
  const { run, seen } = watchedRun();
  await engine.reopenOld(shop, run);
  expect(seen.flatMap(({ file: of, detail, isNotice }) => (isNotice === true ? [`${of}: ${detail}`] : []))).toEqual([
    `public.carts: was dropped and made anew while it was closed: its rights are left as they are; where those of before are needed, run \`grant SELECT on public.carts to ${roles.app}; grant SELECT (id) on public.carts to ${roles.app}\``,
  ]);
  const may = (table: string) => database.value(`select has_table_privilege('${roles.app}', '${table}', 'SELECT')`);
  expect(await may('carts')).toBe(false);
  expect(await may('plain')).toBe(true);

  // Numbers are given anew when they have run out: another table has that of one that is gone.
  await closeOld(migration(database, { 'contract/V1__plain.sql': 'drop table plain;' }));
  await database.sql(
    `drop table plain; update sluice.schema_closed set relid = 'customers'::regclass; revoke all on customers from ${roles.app}`,
  );
  const other = watchedRun();
  await engine.reopenOld(shop, other.run);
  expect(other.seen.flatMap(({ detail, isNotice }) => (isNotice === true ? [detail] : []))).toEqual([
    'its number is that of public.customers now, whose rights are left as they are',
  ]);
  expect(await may('customers')).toBe(false);
  expect((await standalone.history(database)).events.map(({ event }) => event).slice(-2)).toEqual([
    'gone while it was closed',
    'its number is that of public.customers now, whose rights are left as they are',
  ]);
});

it('is refused, with the reason, where it would keep out nobody', async () => {
  const database = await scratchDatabase();
  await createCustomers(database, 1);
  const shop = migration(database, names, { softContract: true });
  const reason =
    /expected a soft contract to keep out somebody, found nobody it would: postgres is a superuser and keeps its rights/;
  expect((await engine.plan(shop)).refusals).toEqual([expect.stringMatching(reason)]);
  await begin(migration(database, names));
  await expect(closeOld(shop)).rejects.toMatchObject({
    code: 'migration-failed',
    message: expect.stringMatching(reason) as string,
  });
  // Where nothing goes there is nothing to close, and nothing to refuse.
  const nothing = migration(database, { 'contract/V1__index.sql': 'select 1;' }, { softContract: true });
  expect(await engine.plan(nothing)).toMatchObject({ refusals: [], softContract: { closes: [] } });
});
