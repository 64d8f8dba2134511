import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { getShownError } from '../../activities/store/shown-errors.js';
import type { ApiContext } from '../context.js';
import { toLatchkeyError } from '../errors.js';
import { flowIdOf } from '../requests.js';
import { isUuid, queryValue } from '../validation.js';
import { loginPage } from './login-page.js';
import { PAGE_HEADERS } from './page.js';
import { problemPage, toShownProblem } from './problem.js';
import type { ShownProblem } from './problem.js';
import { recoveryPage } from './recovery-page.js';
import { settingsPage } from './settings-page.js';
import { verificationPage } from './verification.js';

/** Draws a page for a request that names a flow. */
type PageDrawing = (ctx: ApiContext, request: FastifyRequest, reply: FastifyReply) => Promise<string>;

/**
 * The service's own plain pages, drawn from the flows' JSON like anybody's: `/ui/recovery`, `/ui/settings`, `/ui/login`
 * and `/ui/error`. Used when the configuration names no other `ui_url`.
 */
export async function uiRoutes(app: FastifyInstance, ctx: ApiContext): Promise<void> {
  const base = ctx.config.serve.public.baseUrl;

  const show = (name: 'recovery' | 'verification' | 'settings' | 'login', draw: PageDrawing): void => {
    app.get(`/ui/${name}`, async (request, reply) => {
      reply.headers(PAGE_HEADERS).type('text/html; charset=utf-8');
      if (queryValue(request.query, 'flow') === undefined) {
        return reply.redirect(new URL(`self-service/${name}/browser`, base).href, 303);
      }
      try {
        return await reply.send(await draw(ctx, request, reply));
      } catch (thrown) {
        return await answerProblem(ctx, thrown, request, reply);
      }
    });
  };
  show('recovery', recoveryPage);
  show('verification', verificationPage);
  show('settings', settingsPage);
  show('login', loginPage);

  // The address of the form, where signing in again leads back to: on to the page that shows the form.
  app.get('/self-service/settings', async (request, reply) => {
    const settings = new URL(ctx.config.selfservice.flows.settings.uiUrl);
    settings.searchParams.set('flow', flowIdOf(request, 'flow'));
    return reply.redirect(settings.href, 303);
  });

  app.get('/ui/error', async (request, reply) => {
    reply.headers(PAGE_HEADERS).type('text/html; charset=utf-8');
    const id = queryValue(request.query, 'id') ?? '';
    try {
      const shown = isUuid(id) ? await getShownError(ctx.pool, id) : undefined;
      return await reply.send(problemPage(ctx, (shown ?? {}) as ShownProblem));
    } catch (thrown) {
      return await answerProblem(ctx, thrown, request, reply);
    }
  });
}

/** A page for the error; without a session, on to signing in, which leads back here. */
export async function answerProblem(
  ctx: ApiContext,
  thrown: unknown,
  request: FastifyRequest,
  reply: FastifyReply,
): Promise<FastifyReply> {
  const error = toLatchkeyError(thrown);
  if (error.code === 'unauthorized') {
    const base = ctx.config.serve.public.baseUrl;
    const login = new URL('self-service/login/browser', base);
    login.searchParams.set('return_to', new URL(request.url.replace(/^\/+/, ''), base).href);
    return reply.redirect(login.href, 303);
  }
  const { redirect_browser_to: elsewhere } = error.extras.beside ?? {};
  if (typeof elsewhere === 'string') return reply.redirect(elsewhere, 303);
  if (error.status >= 500) request.log.error({ err: error.extras.cause ?? error, code: error.code }, 'failed');
  if (error.extras.retryAfterSeconds !== undefined) reply.header('retry-after', error.extras.retryAfterSeconds);
  return reply.code(error.status).send(problemPage(ctx, toShownProblem(error)));
}
