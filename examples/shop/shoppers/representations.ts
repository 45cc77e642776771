import type { ClientBase } from 'pg';

/** Where this database keeps a customer's name; a half is undefined while it does not exist. */
export interface Representations {
  readonly full: 'customers.full_name' | 'customers_v1.full_name' | undefined;
  readonly split: 'customers.first_name, customers.last_name' | undefined;
}

/** Looks in the database: before expand only the full name exists, until contract both, after it the old one as a view. */
export async function representationsOf(client: ClientBase): Promise<Representations> {
  const { rows } = await client.query<{ column: string }>(
    `select table_name || '.' || column_name as column from information_schema.columns
     where table_schema = current_schema() and table_name in ('customers', 'customers_v1')`,
  );
  const present = new Set(rows.map((row) => row.column));
  const full = (['customers.full_name', 'customers_v1.full_name'] as const).find((column) => present.has(column));
  const split = present.has('customers.first_name') && present.has('customers.last_name');
  return { full, split: split ? 'customers.first_name, customers.last_name' : undefined };
}
