import type { FastifyReply, FastifyRequest } from 'fastify';
import { getShownError, keepShownError } from '../../activities/store/shown-errors.js';
import { LatchkeyError } from '../../schemas/errors.js';
import type { ApiContext } from '../context.js';
import { errorBody } from '../errors.js';
import { wantsJson } from '../requests.js';
import { isUuid, queryValue } from '../validation.js';

/**
 * Sends a browser that met an error in a self-service flow to the error page (or, without a session, to the login).
 * False leaves the error to be answered as JSON: the client wants that, or the error cannot be kept just now.
 */
export async function redirectToErrorPage(
  ctx: ApiContext,
  error: LatchkeyError,
  request: FastifyRequest,
  reply: FastifyReply,
): Promise<boolean> {
  if (!request.url.startsWith('/self-service/') || wantsJson(request) || error.code === 'unavailable') return false;
  if (error.code === 'unauthorized') {
    await reply.redirect(new URL('self-service/login/browser', ctx.config.serve.public.baseUrl).href, 302);
    return true;
  }
  const { redirect_browser_to: elsewhere } = error.extras.beside ?? {};
  if (typeof elsewhere === 'string') {
    await reply.redirect(elsewhere, 303);
    return true;
  }
  const id = await keepShownError(ctx.pool, errorBody(error).error, new Date(ctx.now()));
  const page = new URL(ctx.config.selfservice.flows.error.uiUrl);
  page.searchParams.set('id', id);
  await reply.redirect(page.href, 303);
  return true;
}

/** `GET /self-service/errors?id=`: what the error page shows. */
export async function fetchShownError(ctx: ApiContext, request: FastifyRequest, reply: FastifyReply): Promise<unknown> {
  const id = queryValue(request.query, 'id') ?? '';
  const error = isUuid(id) ? await getShownError(ctx.pool, id) : undefined;
  if (!error) throw new LatchkeyError('not_found', { reason: 'There is no error with this id.' });
  return reply.send({ id, error });
}
