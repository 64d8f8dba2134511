import type { FastifyReply, FastifyRequest } from 'fastify';
import type { ApiContext } from '../context.js';
import { identityView } from '../identity-view.js';
import { sessionView } from '../session-view.js';
import { requireSession } from './session.js';
import { ownerOf } from './settings/open.js';

/** `GET /sessions/whoami`. */
export async function whoami(ctx: ApiContext, request: FastifyRequest, reply: FastifyReply): Promise<unknown> {
  const session = await requireSession(ctx, request);
  const identity = await ownerOf(ctx, session);
  const view = identityView(identity, { publicBaseUrl: ctx.config.serve.public.baseUrl, admin: false });
  return reply
    .header('x-kratos-authenticated-identity-id', identity.id)
    .send(sessionView(session, view, new Date(ctx.now())));
}
