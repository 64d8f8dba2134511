import type { FastifyInstance } from 'fastify';
import { getInvite } from '../../activities/store/invites.js';
import { LatchkeyError } from '../../schemas/errors.js';
import type { ApiContext } from '../context.js';
import { pathId } from '../validation.js';
import { reportDelivery, resendInvite, revokeInvite } from './invite-changes.js';
import { createInvite } from './invite-creation.js';
import { invitePage } from './invite-list.js';
import { inviteView, inviteViewWithCode } from './invite-view.js';

/** The administrators' routes for invites. To be mounted at `/admin` and at `/`. */
export async function inviteRoutes(app: FastifyInstance, ctx: ApiContext): Promise<void> {
  const now = (): Date => new Date(ctx.now());

  app.post('/invites', async (request, reply) => {
    const invite = await createInvite(ctx, request);
    void reply.code(201).header('location', new URL(`admin/invites/${invite.id}`, ctx.config.serve.admin.baseUrl).href);
    return inviteViewWithCode(ctx, invite);
  });

  app.get('/invites', async (request, reply) => {
    const { body, link } = await invitePage(ctx, request.query);
    void reply.header('link', link);
    return body;
  });

  app.get('/invites/:id', async (request) => {
    const invite = await getInvite(ctx.pool, pathId(request.params));
    if (!invite) throw new LatchkeyError('not_found', { reason: 'There is no invite with this id.' });
    return inviteView(invite, now());
  });

  app.post('/invites/:id/resend', async (request) => inviteViewWithCode(ctx, await resendInvite(ctx, request)));
  app.post('/invites/:id/revoke', async (request) => inviteView(await revokeInvite(ctx, request), now()));
  app.post('/invites/:id/delivery', async (request) => inviteView(await reportDelivery(ctx, request), now()));
}
