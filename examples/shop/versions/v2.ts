import { v1 } from './v1.js';
import type { Account, NameInput, Version } from './version.js';

/** Knows a customer's `first_name` and `last_name`. */
export const v2: Version = {
  ...v1,
  number: '2',

  async addCustomer(database, email, name) {
    const { rows } = await database.query<{ id: string }>(
      `with added as (
         insert into customers (email, first_name, last_name) values ($1, $2, $3)
         on conflict (email) do nothing returning id
       )
       select id from added union all select id from customers where email = $1 limit 1`,
      [email, ...firstAndLast(name)],
    );
    if (!rows[0]) throw new Error(`the customer ${email} is being added by somebody else`);
    return rows[0].id;
  },

  async findAccount(database, id) {
    const { rows } = await database.query<Row>('select id, email, first_name, last_name from customers where id = $1', [
      id,
    ]);
    return rows[0] && accountOf(rows[0]);
  },

  async renameAccount(database, id, name) {
    const { rows } = await database.query<Row>(
      `update customers set first_name = $2, last_name = $3, updated_at = now() where id = $1
       returning id, email, first_name, last_name`,
      [id, ...firstAndLast(name)],
    );
    return rows[0] && accountOf(rows[0]);
  },
};

interface Row {
  readonly id: string;
  readonly email: string;
  readonly first_name: string;
  readonly last_name: string;
}

function accountOf({ id, email, first_name: firstName, last_name: lastName }: Row): Account {
  return { id, email, name: [firstName, lastName].filter(Boolean).join(' '), firstName, lastName };
}

function firstAndLast({ name, firstName, lastName }: NameInput): readonly [first: string, last: string] {
  if (firstName !== undefined && lastName !== undefined) return [firstName, lastName];
  const [first = '', ...rest] = name.split(' ');
  return [first, rest.join(' ')];
}
