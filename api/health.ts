import type { FastifyInstance } from 'fastify';
import { ping } from '../platform/postgres.js';
import { mailQueueOf } from '../workflows/queues.js';
import type { ApiContext } from './context.js';
import { toLatchkeyError } from './errors.js';

/**
 * `/health/alive`: this process answers. `/health/ready`: 200 only when the database, Temporal and a polling worker are
 * all well, else 503 that names what is away.
 */
export async function healthRoutes(app: FastifyInstance, ctx: ApiContext): Promise<void> {
  const { taskQueue } = ctx.config.temporal;
  app.get('/health/alive', async () => ({ status: 'ok' }));
  app.get('/health/ready', async (_request, reply) => {
    const [database, workers] = await Promise.allSettled([
      ping(ctx.pool),
      ctx.workflows.ready([taskQueue, mailQueueOf(taskQueue)]),
    ]);
    const errors = {
      ...(database.status === 'rejected' && { database: 'The database does not answer.' }),
      ...(workers.status === 'rejected' && {
        temporal: toLatchkeyError(workers.reason).extras.reason ?? 'Temporal does not answer.',
      }),
    };
    if (Object.keys(errors).length === 0) return { status: 'ok' };
    return reply.code(503).header('retry-after', 2).send({ status: 'unavailable', errors });
  });
}
