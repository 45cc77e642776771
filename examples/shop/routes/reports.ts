import { setTimeout as sleep } from 'node:timers/promises';
import type { FastifyInstance } from 'fastify';
import type { Shop } from './shop.js';

const query = {
  type: 'object',
  properties: { delay: { type: 'integer', minimum: 0, maximum: 30_000, default: 0 } },
} as const;

interface Bestsellers {
  readonly Querystring: { delay: number };
}

export function reportRoutes(app: FastifyInstance, { pool }: Shop): void {
  // Slow on request: the kind of answer a release has to wait for.
  app.get<Bestsellers>('/reports/bestsellers', { schema: { querystring: query } }, async (request) => {
    await sleep(request.query.delay);
    const { rows } = await pool.query(
      `select product_id as "productId", sum(quantity)::int as sold
       from order_lines where order_id > (select max(id) - 1000 from orders)
       group by product_id order by sold desc, product_id limit 10`,
    );
    return { bestsellers: rows };
  });
}
