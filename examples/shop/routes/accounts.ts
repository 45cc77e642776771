import type { FastifyInstance } from 'fastify';
import type { NameInput } from '../versions/version.js';
import { idParams, nameProperties, type Shop } from './shop.js';

const rename = { type: 'object', required: ['name'], properties: nameProperties } as const;

interface Rename {
  readonly Params: { id: string };
  readonly Body: NameInput;
}

export function accountRoutes(app: FastifyInstance, { pool, version }: Shop): void {
  app.get<{ Params: { id: string } }>('/accounts/:id', { schema: { params: idParams } }, async ({ params }, reply) => {
    const account = await version.findAccount(pool, params.id);
    return account ?? reply.code(404).send({ error: `no account ${params.id}` });
  });

  app.put<Rename>('/accounts/:id', { schema: { params: idParams, body: rename } }, async ({ params, body }, reply) => {
    const account = await version.renameAccount(pool, params.id, body);
    return account ?? reply.code(404).send({ error: `no account ${params.id}` });
  });
}
