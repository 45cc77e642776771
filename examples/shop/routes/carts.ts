import type { FastifyInstance } from 'fastify';
import { id, idParams, type Shop } from './shop.js';

const item = {
  type: 'object',
  required: ['productId', 'quantity'],
  properties: { productId: id, quantity: { type: 'integer', minimum: 1, maximum: 99 } },
} as const;

interface AddItem {
  readonly Params: { id: string };
  readonly Body: { productId: string; quantity: number };
}

export function cartRoutes(app: FastifyInstance, { pool }: Shop): void {
  app.post('/carts', async (_request, reply) => {
    const { rows } = await pool.query('insert into carts default values returning id');
    return reply.code(201).send(rows[0]);
  });

  app.post<AddItem>('/carts/:id/items', { schema: { params: idParams, body: item } }, async (request, reply) => {
    const { productId, quantity } = request.body;
    const { rowCount } = await pool.query(
      `insert into cart_items (cart_id, product_id, quantity)
       select carts.id, products.id, $3 from carts, products where carts.id = $1 and products.id = $2
       on conflict (cart_id, product_id) do update set quantity = cart_items.quantity + excluded.quantity`,
      [request.params.id, productId, quantity],
    );
    if (rowCount === 0)
      return reply.code(404).send({ error: `no cart ${request.params.id} or no product ${productId}` });
    return reply.code(201).send({ productId, quantity });
  });
}
