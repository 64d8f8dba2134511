import { randomUUID } from 'node:crypto';
import Fastify, { LogController } from 'fastify';
import type { FastifyBaseLogger, FastifyInstance } from 'fastify';
import type { Logger } from '../platform/logger.js';
import { version } from '../platform/temporal.js';
import { requireAdminKey } from './admin-key.js';
import { batchRoutes } from './admin/batches.js';
import { identityRoutes } from './admin/identities.js';
import { courierRoutes } from './admin/courier.js';
import { schemaRoutes } from './public/schemas.js';
import { inviteRoutes } from './admin/invites.js';
import { machineRoutes } from './admin/machines.js';
import { adminRecoveryRoutes } from './admin/recovery.js';
import { registerBodyParsers } from './body-parsers.js';
import { answerBrokenRequest, answerUnroutable } from './broken-requests.js';
import { registerCors } from './cors.js';
import type { ApiContext } from './context.js';
import { registerErrorAnswers } from './errors.js';
import { healthRoutes } from './health.js';
import { registerPlainAnswers } from './plain-answers.js';
import { redirectToErrorPage } from './public/error-page.js';
import { invitedRoutes } from './public/invites/routes.js';
import { publicRoutes } from './public/routes.js';
import { registerOtherPort } from './other-port.js';
import { inviteUiRoutes } from './ui/invite-page.js';
import { uiRoutes } from './ui/routes.js';

const PRIVATE = 'private, no-cache, no-store, must-revalidate';

/** Time in which a request has to arrive. */
const REQUEST_TIMEOUT_MS = 30_000;
/** The same for administrators, who upload batches over slow lines. */
const UPLOAD_TIMEOUT_MS = 7_200_000;

/** The public API (port 4433) with the service's own pages. */
export async function createPublicServer(ctx: ApiContext, logger: Logger): Promise<FastifyInstance> {
  const app = bareServer(ctx, logger);
  registerErrorAnswers(app, (error, request, reply) => redirectToErrorPage(ctx, error, request, reply));
  app.addHook('onRequest', async (_request, reply) => void reply.header('vary', 'Origin, Cookie'));
  registerCors(app, ctx.config.serve.public.cors);
  await publicRoutes(app, ctx);
  await invitedRoutes(app, ctx);
  await schemaRoutes(app, ctx);
  await healthRoutes(app, ctx);
  await uiRoutes(app, ctx);
  await inviteUiRoutes(app, ctx);
  registerOtherPort(app, ctx, 'admin');
  return app;
}

/** The admin API (port 4434). Every path answers with and without `/admin`, as Kratos' did over the years. */
export async function createAdminServer(ctx: ApiContext, logger: Logger): Promise<FastifyInstance> {
  const app = bareServer(ctx, logger, UPLOAD_TIMEOUT_MS);
  registerErrorAnswers(app);
  requireAdminKey(app, ctx);
  for (const prefix of ['', '/admin']) {
    await app.register(
      async (scope) => {
        await identityRoutes(scope, ctx);
        await adminRecoveryRoutes(scope, ctx);
        await inviteRoutes(scope, ctx);
        await courierRoutes(scope, ctx);
        await machineRoutes(scope, ctx);
        await scope.register((inner) => batchRoutes(inner, ctx));
        await healthRoutes(scope, ctx);
        scope.get('/version', async () => ({ version }));
      },
      { prefix },
    );
  }
  registerOtherPort(app, ctx, 'public');
  return app;
}

/** What both have in common: strict bodies, plain 404s, quiet logs, answers that no cache keeps. */
function bareServer(ctx: ApiContext, logger: Logger, requestTimeout = REQUEST_TIMEOUT_MS): FastifyInstance {
  const app: FastifyInstance = Fastify({
    loggerInstance: logger as FastifyBaseLogger,
    logController: new LogController({ disableRequestLogging: true }),
    bodyLimit: ctx.config.limits.bodyBytes,
    // A list of 500 ids in the query has to fit.
    http: { maxHeaderSize: 65_536 },
    genReqId: () => randomUUID(),
    exposeHeadRoutes: true,
    routerOptions: { ignoreTrailingSlash: true, maxParamLength: 200 },
    forceCloseConnections: 'idle',
    requestTimeout,
    frameworkErrors: answerUnroutable,
    clientErrorHandler: answerBrokenRequest,
  });
  registerBodyParsers(app);
  registerPlainAnswers(app);
  // A request line may hold a whole URL (RFC 9112, 3.2.2). Its host, like that of any header, counts for nothing here.
  app.addHook('onRequest', async ({ raw }) => void (raw.url = raw.url?.replace(/^[a-z][a-z0-9+.-]*:\/\/[^/?#]*/i, '')));
  app.addHook('onRequest', async (_request, reply) => void reply.header('cache-control', PRIVATE));
  app.addHook('onResponse', async (request, reply) => {
    // The route, never the URL: URLs may carry tokens.
    const route = request.routeOptions.url ?? 'none';
    const ms = Math.round(reply.elapsedTime);
    request.log.info({ method: request.method, route, status: reply.statusCode, ms }, 'answered');
  });
  return app;
}
