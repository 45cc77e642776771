import type { ClientBase } from 'pg';
import type { LineBought } from './acknowledged.js';
import type { Representations } from './representations.js';

export interface OrderFound {
  readonly checkoutId: string;
  readonly customerId: string;
  readonly email: string;
  readonly totalCents: number;
  /** By product id. */
  readonly lines: readonly LineBought[];
}

/** Null where the representation is absent or not filled. */
export interface CustomerFound {
  readonly id: string;
  readonly fullName: string | null;
  readonly firstName: string | null;
  readonly lastName: string | null;
}

export async function findOrders(client: ClientBase, ids: readonly string[]): Promise<readonly OrderFound[]> {
  return await inChunks(ids, async (chunk) => {
    const { rows } = await client.query<OrderFound>(
      `select checkout_id as "checkoutId", customer_id as "customerId", email, total_cents as "totalCents",
              coalesce(json_agg(json_build_object('productId', product_id::text, 'quantity', quantity)
                order by product_id) filter (where product_id is not null), '[]') as lines
       from orders join customers on customers.id = customer_id left join order_lines on order_id = orders.id
       where checkout_id = any($1::uuid[])
       group by orders.id, email`,
      [chunk],
    );
    return rows;
  });
}

export async function findCustomers(
  client: ClientBase,
  { full, split }: Representations,
  ids: readonly string[],
): Promise<readonly CustomerFound[]> {
  return await inChunks(ids, async (chunk) => {
    const { rows } = await client.query<CustomerFound>(
      `select customers.id, ${full ?? 'null'} as "fullName",
              ${split ? 'customers.first_name' : 'null'} as "firstName",
              ${split ? 'customers.last_name' : 'null'} as "lastName"
       from customers ${full === 'customers_v1.full_name' ? 'join customers_v1 using (id)' : ''}
       where customers.id = any($1::bigint[])`,
      [chunk],
    );
    return rows;
  });
}

async function inChunks<T>(
  ids: readonly string[],
  find: (chunk: readonly string[]) => Promise<readonly T[]>,
): Promise<readonly T[]> {
  const found: T[] = [];
  for (let start = 0; start < ids.length; start += 5_000) found.push(...(await find(ids.slice(start, start + 5_000))));
  return found;
}
