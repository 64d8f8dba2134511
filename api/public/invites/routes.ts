import type { FastifyInstance } from 'fastify';
import type { ApiContext } from '../../context.js';
import { declineInvite, fetchInvite, renewOwnInvite } from './clicks.js';

/** What invitees can do beside accepting, which is entering the code of a recovery flow. */
export async function invitedRoutes(app: FastifyInstance, ctx: ApiContext): Promise<void> {
  app.get('/self-service/invites', (request, reply) => fetchInvite(ctx, request, reply));
  app.post('/self-service/invites/decline', (request, reply) => declineInvite(ctx, request, reply));
  app.post('/self-service/invites/renew', (request, reply) => renewOwnInvite(ctx, request, reply));
}
