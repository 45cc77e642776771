import type { FastifyInstance } from 'fastify';
import type { Pool, PoolClient } from 'pg';
import type { Line, NameInput } from '../versions/version.js';
import { id, nameProperties, type Shop } from './shop.js';

const checkout = {
  type: 'object',
  required: ['checkoutId', 'cartId', 'email', 'name'],
  properties: {
    checkoutId: { type: 'string', format: 'uuid' },
    cartId: id,
    email: { type: 'string', format: 'email' },
    ...nameProperties,
  },
} as const;

interface Checkout extends NameInput {
  readonly checkoutId: string;
  readonly cartId: string;
  readonly email: string;
}

export function checkoutRoutes(app: FastifyInstance, { pool, version }: Shop): void {
  app.post<{ Body: Checkout }>('/checkouts', { schema: { body: checkout } }, async ({ body }, reply) => {
    const placed = await inTransaction(pool, async (client) => {
      const lines = await linesOf(client, body.cartId);
      if (lines.length === 0) return undefined;
      const totalCents = version.totalCents(lines);
      const customerId = await version.addCustomer(client, body.email, body);
      const orderId = await placeOrder(client, { ...body, customerId, totalCents, lines });
      return { checkoutId: body.checkoutId, orderId, customerId, totalCents };
    });
    if (!placed) return reply.code(409).send({ error: `cart ${body.cartId} is empty or unknown` });
    return reply.code(201).send(placed);
  });
}

async function linesOf(client: PoolClient, cartId: string): Promise<readonly Line[]> {
  const { rows } = await client.query<Line>(
    `select product_id as "productId", quantity, price_cents as "unitPriceCents"
     from cart_items join products on products.id = product_id where cart_id = $1 order by product_id`,
    [cartId],
  );
  return rows;
}

interface Order {
  readonly checkoutId: string;
  readonly customerId: string;
  readonly totalCents: number;
  readonly lines: readonly Line[];
}

async function placeOrder(client: PoolClient, order: Order): Promise<string> {
  const { rows } = await client.query<{ id: string }>(
    `with placed as (
       insert into orders (checkout_id, customer_id, total_cents) values ($1, $2, $3) returning id
     ), lines as (
       insert into order_lines (order_id, product_id, quantity, unit_price_cents)
       select placed.id, line.* from placed, unnest($4::bigint[], $5::int[], $6::int[]) line
     )
     select id from placed`,
    [
      order.checkoutId,
      order.customerId,
      order.totalCents,
      order.lines.map((line) => line.productId),
      order.lines.map((line) => line.quantity),
      order.lines.map((line) => line.unitPriceCents),
    ],
  );
  if (!rows[0]) throw new Error('expected the order that was just placed, got no row');
  return rows[0].id;
}

async function inTransaction<T>(pool: Pool, work: (client: PoolClient) => Promise<T>): Promise<T> {
  const client = await pool.connect();
  let broken: Error | undefined;
  try {
    await client.query('begin');
    const result = await work(client);
    await client.query('commit');
    return result;
  } catch (error) {
    await client.query('rollback').catch((rollbackError: Error) => (broken = rollbackError));
    throw error;
  } finally {
    client.release(broken);
  }
}
