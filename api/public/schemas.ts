import type { FastifyInstance } from 'fastify';
import { LatchkeyError } from '../../schemas/errors.js';
import type { ApiContext } from '../context.js';
import { offsetPage } from '../paging.js';

/** The identity schemas, readable by everybody, as in Kratos. */
export async function schemaRoutes(app: FastifyInstance, context: ApiContext): Promise<void> {
  const schemas = context.identitySchemas;

  app.get('/schemas', async (request, reply) => {
    const { items, headers } = offsetPage('/schemas', request.query, schemas.list());
    void reply.headers(headers);
    return items;
  });

  // Under its id, and under the base64url of it that `schema_url` has.
  app.get('/schemas/:id', async (request) => {
    const { id } = request.params as { id: string };
    const schema = schemas.get(id) ?? schemas.get(Buffer.from(id, 'base64url').toString());
    if (!schema) throw new LatchkeyError('not_found', { reason: 'There is no identity schema with this id.' });
    return schema;
  });
}
