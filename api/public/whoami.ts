import type { FastifyReply, FastifyRequest } from 'fastify';
import type { Session } from '../../activities/store/sessions.js';
import type { ApiContext } from '../context.js';
import { identityView } from '../identity-view.js';
import { sessionView } from '../session-view.js';
import { readCookie } from './cookies.js';
import { requireSession, sessionToken, setSessionCookie } from './session.js';
import { assertAal } from './aal.js';
import { ownerOf } from './settings/open.js';

/** Kratos' header for caches in front: seconds for which the answer holds. */
const CACHE_HEADER = 'ory-session-cache-for';
/** How long a caller without any credentials may be remembered as such. Kratos' figure. */
const NOBODY_SECONDS = 60;
/** Cookies are set to whole seconds; a session may end up to this much after its cookie without having been extended. */
const COOKIE_SLACK_MS = 1_000;

/** `/sessions/whoami`, under every verb that a proxy may forward: the session and its person. */
export async function whoami(ctx: ApiContext, request: FastifyRequest, reply: FastifyReply): Promise<unknown> {
  const { cacheableSessions } = ctx.config.featureFlags;
  const token = sessionToken(ctx, request);
  if (cacheableSessions && token === undefined) reply.header(CACHE_HEADER, NOBODY_SECONDS);
  const session = await requireSession(ctx, request);
  const identity = await ownerOf(ctx, session);
  assertAal(ctx, ctx.config.session.whoamiRequiredAal, { session, identity }, null);
  const view = identityView(identity, { publicBaseUrl: ctx.config.serve.public.baseUrl, admin: false });
  const inCookie = token !== undefined && token === readCookie(request, ctx.config.session.cookie.name);
  if (inCookie && wasExtended(ctx, session)) setSessionCookie(ctx, reply, token, session.expires_at);
  if (cacheableSessions) reply.header(CACHE_HEADER, cacheSeconds(ctx, session));
  return reply
    .header('x-kratos-authenticated-identity-id', identity.id)
    .send(sessionView(session, view, new Date(ctx.now())));
}

function cacheSeconds(ctx: ApiContext, session: Session): number {
  const left = session.expires_at.getTime() - ctx.now();
  const longest = ctx.config.featureFlags.cacheableSessionsMaxAgeMs;
  return Math.max(0, Math.floor((longest === null ? left : Math.min(left, longest)) / 1_000));
}

/** An extended session outlives the cookie that was set when it opened: the browser gets a new one. */
function wasExtended(ctx: ApiContext, session: Session): boolean {
  const lifeMs = session.expires_at.getTime() - session.issued_at.getTime();
  return lifeMs > ctx.config.session.lifespanMs + COOKIE_SLACK_MS;
}
