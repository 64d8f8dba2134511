import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import type { ApiContext } from '../context.js';
import { fetchShownError } from './error-page.js';
import { beginLogin, fetchLogin } from './login/login.js';
import { submitLogin } from './login/submit.js';
import { beginLogout, logoutApp, submitLogout } from './logout.js';
import { beginForApp, beginForBrowser } from './recovery/begin.js';
import { fetchRecoveryFlow } from './recovery/fetch.js';
import { confirmLink, openLink } from './recovery/link.js';
import { submitRecovery } from './recovery/submit.js';
import { listOwnSessions, revokeOwnOthers, revokeOwnSession } from './sessions.js';
import { beginSettings, fetchSettings } from './settings/open.js';
import { submitSettings } from './settings/submit.js';
import { beginVerification } from './verification/begin.js';
import { fetchVerification } from './verification/fetch.js';
import { confirmVerificationLink, openVerificationLink } from './verification/link.js';
import { submitVerification } from './verification/submit.js';
import { whoami } from './whoami.js';

type Handler = (ctx: ApiContext, request: FastifyRequest, reply: FastifyReply) => Promise<unknown>;

/** The public routes, each one function of its own. */
export async function publicRoutes(app: FastifyInstance, ctx: ApiContext): Promise<void> {
  const get = (url: string, handler: Handler) => app.get(url, (request, reply) => handler(ctx, request, reply));
  const post = (url: string, handler: Handler) => app.post(url, (request, reply) => handler(ctx, request, reply));

  get('/self-service/recovery/api', beginForApp);
  get('/self-service/recovery/browser', beginForBrowser);
  get('/self-service/recovery/flows', fetchRecoveryFlow);
  get('/self-service/recovery', openLink);
  post('/self-service/recovery', submitRecovery);
  post('/self-service/recovery/confirm', confirmLink);

  get('/self-service/verification/api', (ctx, request, reply) => beginVerification(ctx, 'api', request, reply));
  get('/self-service/verification/browser', (ctx, request, reply) => beginVerification(ctx, 'browser', request, reply));
  get('/self-service/verification/flows', fetchVerification);
  get('/self-service/verification', openVerificationLink);
  post('/self-service/verification', submitVerification);
  post('/self-service/verification/confirm', confirmVerificationLink);

  get('/self-service/settings/api', (ctx, request, reply) => beginSettings(ctx, 'api', request, reply));
  get('/self-service/settings/browser', (ctx, request, reply) => beginSettings(ctx, 'browser', request, reply));
  get('/self-service/settings/flows', fetchSettings);
  post('/self-service/settings', submitSettings);

  get('/self-service/login/api', (ctx, request, reply) => beginLogin(ctx, 'api', request, reply));
  get('/self-service/login/browser', (ctx, request, reply) => beginLogin(ctx, 'browser', request, reply));
  get('/self-service/login/flows', fetchLogin);
  post('/self-service/login', submitLogin);

  get('/self-service/logout/browser', beginLogout);
  get('/self-service/logout', submitLogout);
  app.delete('/self-service/logout/api', (request, reply) => logoutApp(ctx, request, reply));

  // HEAD comes with GET.
  app.route({
    method: ['GET', 'POST', 'PUT', 'PATCH', 'DELETE'],
    url: '/sessions/whoami',
    handler: (request, reply) => whoami(ctx, request, reply),
  });
  get('/sessions', listOwnSessions);
  app.delete('/sessions', (request, reply) => revokeOwnOthers(ctx, request, reply));
  app.delete('/sessions/:id', (request, reply) => revokeOwnSession(ctx, request, reply));

  get('/self-service/errors', fetchShownError);
}
