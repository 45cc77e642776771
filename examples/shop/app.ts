import { fastify, type FastifyInstance } from 'fastify';
import { accountRoutes } from './routes/accounts.js';
import { cartRoutes } from './routes/carts.js';
import { checkoutRoutes } from './routes/checkouts.js';
import { productRoutes } from './routes/products.js';
import { reportRoutes } from './routes/reports.js';
import type { Shop } from './routes/shop.js';
import { countTraffic, type Traffic } from './traffic.js';

export interface ShopApp {
  readonly app: FastifyInstance;
  readonly traffic: Traffic;
  /** From now on the health check fails and every answer asks for the connection to be closed; all else goes on. */
  drain(): void;
}

/** A load balancer may use a connection until its own idle timeout (60 s) is over, so ours has to be the longer one. */
const keepAliveMs = 75_000;

export function createApp(shop: Shop): ShopApp {
  const app = fastify({
    logger: { level: 'error', stream: process.stderr },
    keepAliveTimeout: keepAliveMs,
    // A request that comes while the listener closes was sent in good faith.
    return503OnClosing: false,
  });
  app.server.headersTimeout = keepAliveMs + 1_000;
  const traffic = countTraffic(app);
  let draining = false;

  app.addHook('onRequest', async (_request, reply) => {
    reply.header('x-shop-version', shop.version.number);
  });
  app.addHook('onSend', async (_request, reply) => {
    if (draining) reply.header('connection', 'close');
  });
  app.get('/health', async (_request, reply) =>
    reply.code(draining ? 503 : 200).send({ status: draining ? 'draining' : 'ok', version: shop.version.number }),
  );
  for (const routes of [productRoutes, cartRoutes, checkoutRoutes, accountRoutes, reportRoutes]) routes(app, shop);

  return { app, traffic, drain: () => (draining = true) };
}
