import type { FastifyInstance } from 'fastify';
import { idParams, type Shop } from './shop.js';

const columns = 'id, name, price_cents as "priceCents"';

export function productRoutes(app: FastifyInstance, { pool }: Shop): void {
  app.get('/products', async () => {
    const { rows } = await pool.query(`select ${columns} from products order by id`);
    return { products: rows };
  });

  app.get<{ Params: { id: string } }>('/products/:id', { schema: { params: idParams } }, async ({ params }, reply) => {
    const { rows } = await pool.query(`select ${columns} from products where id = $1`, [params.id]);
    return rows[0] ?? reply.code(404).send({ error: `no product ${params.id}` });
  });
}
