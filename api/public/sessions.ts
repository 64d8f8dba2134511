import type { FastifyReply, FastifyRequest } from 'fastify';
import { revokeSessionOf } from '../../activities/store/session-changes.js';
import { listSessions, revokeOtherSessions } from '../../activities/store/sessions.js';
import { LatchkeyError } from '../../schemas/errors.js';
import type { ApiContext } from '../context.js';
import { identityView } from '../identity-view.js';
import { offsetPage } from '../paging.js';
import { isLive, sessionView } from '../session-view.js';
import { badRequest, isUuid } from '../validation.js';
import { assertAal } from './aal.js';
import { requireSession } from './session.js';
import { ownerOf } from './settings/open.js';

/** `GET /sessions`: the person's other live sessions, newest first. This one is what whoami shows (Kratos' rule). */
export async function listOwnSessions(ctx: ApiContext, request: FastifyRequest, reply: FastifyReply): Promise<unknown> {
  const session = await requireSession(ctx, request);
  const owner = await ownerOf(ctx, session);
  assertAal(ctx, ctx.config.session.whoamiRequiredAal, { session, identity: owner }, null);
  const now = new Date(ctx.now());
  const others = (await listSessions(ctx.pool, owner.id)).filter((one) => one.id !== session.id && isLive(one, now));
  const { items, headers } = offsetPage('/sessions', request.query, others);
  const identity = identityView(owner, { publicBaseUrl: ctx.config.serve.public.baseUrl, admin: false });
  return reply.headers(headers).send(items.map((one) => sessionView(one, identity, now)));
}

/** `DELETE /sessions`: ends all of the person's sessions but this one, and says how many those were. */
export async function revokeOwnOthers(ctx: ApiContext, request: FastifyRequest, reply: FastifyReply): Promise<unknown> {
  const session = await requireSession(ctx, request);
  return reply.send({ count: await revokeOtherSessions(ctx.pool, session.identity_id, session.id) });
}

/** `DELETE /sessions/{id}`: ends one other session of the person. Ending it again is fine. */
export async function revokeOwnSession(
  ctx: ApiContext,
  request: FastifyRequest,
  reply: FastifyReply,
): Promise<unknown> {
  const session = await requireSession(ctx, request);
  const { id = '' } = request.params as { id?: string };
  if (!isUuid(id)) throw badRequest('The id of the session is not a UUID.');
  if (id.toLowerCase() === session.id) {
    throw badRequest('This is the session that the request was made with. Sign out to end it.');
  }
  if (!(await revokeSessionOf(ctx.pool, session.identity_id, id))) {
    throw new LatchkeyError('not_found', { reason: 'You have no session with this id.' });
  }
  return reply.code(204).send();
}
