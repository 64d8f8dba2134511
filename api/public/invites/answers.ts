import type { FastifyReply, FastifyRequest } from 'fastify';
import { flowPage } from '../../../platform/links.js';
import { statusAt } from '../../../activities/store/invites.js';
import type { JsonObject } from '../../../schemas/json.js';
import type { ApiContext } from '../../context.js';
import { wantsJson } from '../../requests.js';
import { ensureCsrfToken, maskCsrfToken } from '../csrf.js';
import type { FoundInvite } from './open-invite.js';

/** An invite as its invitee sees it. Whoever has the link may see it, so the address is not part of it. */
export function invitedView(ctx: ApiContext, found: FoundInvite, csrfToken: string): JsonObject {
  const { invite, flow, situation, may } = found;
  return {
    status: statusAt(invite, new Date(ctx.now())),
    situation,
    may: { ...may },
    expires_at: invite.expires_at.toISOString(),
    flow: { id: flow.id, type: flow.type, method: flow.method },
    return_to: invite.return_to,
    locale: invite.locale,
    metadata_public: invite.metadata_public,
    csrf_token: csrfToken,
  };
}

/** The masked CSRF token for a browser; empty for apps. */
export function inviteCsrf(ctx: ApiContext, found: FoundInvite, request: FastifyRequest, reply: FastifyReply): string {
  return found.flow.type === 'browser' ? maskCsrfToken(ensureCsrfToken(ctx, request, reply)) : '';
}

/** Answers with the invite as it now stands; browsers are sent back to its page, which tells. */
export function answerInvite(
  ctx: ApiContext,
  found: FoundInvite,
  request: FastifyRequest,
  reply: FastifyReply,
): unknown {
  if (!wantsJson(request)) return reply.redirect(flowPage(ctx.config.invites.uiUrl, found.flow.id), 303);
  return reply.send(invitedView(ctx, found, inviteCsrf(ctx, found, request, reply)));
}
