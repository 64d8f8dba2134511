import type { FastifyReply, FastifyRequest } from 'fastify';
import { revokeByToken, revokeSession } from '../../activities/store/sessions.js';
import { tokenDigest } from '../../platform/keys.js';
import { LatchkeyError } from '../../schemas/errors.js';
import { LogoutBody } from '../../schemas/login.js';
import type { ApiContext } from '../context.js';
import { wantsJson } from '../requests.js';
import { badRequest, bodyParser, queryValue } from '../validation.js';
import { setCookie } from './cookies.js';
import { renewCsrfToken } from './csrf.js';
import { checkReturnTo } from './return-to.js';
import { requireSession } from './session.js';

const parse = bodyParser(LogoutBody);

/** `GET /self-service/logout/browser`: the address that signs this browser out, and no other. */
export async function beginLogout(ctx: ApiContext, request: FastifyRequest, reply: FastifyReply): Promise<unknown> {
  const session = await requireSession(ctx, request);
  const token = ctx.keys.logoutToken(session.id);
  const url = new URL('self-service/logout', ctx.config.serve.public.baseUrl);
  url.searchParams.set('token', token);
  const returnTo = checkReturnTo(ctx, queryValue(request.query, 'return_to'));
  if (returnTo !== null) url.searchParams.set('return_to', returnTo);
  return reply.send({ logout_token: token, logout_url: url.href });
}

/** `GET /self-service/logout?token=`: signs the browser out. The token keeps other sites from doing it. */
export async function submitLogout(ctx: ApiContext, request: FastifyRequest, reply: FastifyReply): Promise<unknown> {
  const token = queryValue(request.query, 'token');
  if (token === undefined) throw badRequest('token: is missing; GET /self-service/logout/browser gives one');
  const returnTo = checkReturnTo(ctx, queryValue(request.query, 'return_to'));
  const session = await requireSession(ctx, request);
  if (!ctx.keys.isLogoutToken(session.id, token)) {
    throw new LatchkeyError('forbidden', { reason: 'token: does not belong to the session of this browser.' });
  }
  await revokeSession(ctx.pool, session.id);
  setCookie(ctx, reply, ctx.config.session.cookie.name, '', 0);
  renewCsrfToken(ctx, reply);
  reply.header('referrer-policy', 'no-referrer');
  if (wantsJson(request)) return reply.code(204).send();
  return reply.redirect(returnTo ?? ctx.config.selfservice.flows.logout.afterReturnUrl, 303);
}

/** `DELETE /self-service/logout/api`: ends the session of a token. Ending it again is fine. */
export async function logoutApp(ctx: ApiContext, request: FastifyRequest, reply: FastifyReply): Promise<unknown> {
  const { session_token: token } = parse(request.body);
  if (await revokeByToken(ctx.pool, tokenDigest(token))) return reply.code(204).send();
  throw new LatchkeyError('forbidden', { reason: 'session_token: there is no session with this token.' });
}
