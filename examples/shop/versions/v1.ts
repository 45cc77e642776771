import type { Account, Version } from './version.js';

/** Knows a customer's `full_name`. */
export const v1: Version = {
  number: '1',

  async addCustomer(database, email, { name }) {
    const { rows } = await database.query<{ id: string }>(
      `with added as (
         insert into customers (email, full_name) values ($1, $2) on conflict (email) do nothing returning id
       )
       select id from added union all select id from customers where email = $1 limit 1`,
      [email, name],
    );
    if (!rows[0]) throw new Error(`the customer ${email} is being added by somebody else`);
    return rows[0].id;
  },

  async findAccount(database, id) {
    const { rows } = await database.query<Account>('select id, email, full_name as name from customers where id = $1', [
      id,
    ]);
    return rows[0];
  },

  async renameAccount(database, id, { name }) {
    const { rows } = await database.query<Account>(
      `update customers set full_name = $2, updated_at = now() where id = $1
       returning id, email, full_name as name`,
      [id, name],
    );
    return rows[0];
  },

  totalCents: (lines) => lines.reduce((sum, line) => sum + line.quantity * line.unitPriceCents, 0),
};
