import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { escapeHtml } from '../../activities/mail/templates.js';
import { getShownError } from '../../activities/store/shown-errors.js';
import { ERRORS, LatchkeyError } from '../../schemas/errors.js';
import { toLatchkeyError } from '../errors.js';
import type { ApiContext } from '../context.js';
import { loginCsrf, loginFlowView, openLogin } from '../public/login/login.js';
import { csrfTokenFor, openRecoveryFlow } from '../public/recovery/fetch.js';
import { recoveryFlowView } from '../public/recovery/view.js';
import { openSettings, settingsCsrf } from '../public/settings/open.js';
import { settingsFlowView } from '../public/settings/view.js';
import { flowIdOf } from '../requests.js';
import { isUuid, queryValue } from '../validation.js';
import { flowForms } from './form.js';
import { page, PAGE_HEADERS } from './page.js';

/**
 * The service's own plain pages, drawn from the flows' JSON like anybody's: `/ui/recovery`, `/ui/settings`, `/ui/login`
 * and `/ui/error`. Used when the configuration names no other `ui_url`.
 */
export async function uiRoutes(app: FastifyInstance, ctx: ApiContext): Promise<void> {
  const base = ctx.config.serve.public.baseUrl;
  const startAt = (path: string): string => new URL(path, base).href;

  const show = (path: string, startPath: string, draw: (request: FastifyRequest, reply: FastifyReply) => Promise<string>) =>
    app.get(path, async (request, reply) => {
      reply.headers(PAGE_HEADERS).type('text/html; charset=utf-8');
      if (queryValue(request.query, 'flow') === undefined) return reply.redirect(startAt(startPath), 303);
      try {
        return await reply.send(await draw(request, reply));
      } catch (thrown) {
        const error = toLatchkeyError(thrown);
        if (error.status >= 500) throw error;
        return reply.code(error.status).send(problemPage(error, startAt(startPath)));
      }
    });

  show('/ui/recovery', 'self-service/recovery/browser', async (request, reply) => {
    const flow = await openRecoveryFlow(ctx, flowIdOf(request, 'flow'));
    const { ui } = recoveryFlowView(ctx, flow, { csrfToken: csrfTokenFor(ctx, flow, request, reply) });
    if (flow.state === 'passed_challenge' || flow.outcome !== null) {
      const over = '<p>This code has been used or this recovery is over.</p>';
      return page('Get back into your account', `${over}${again(startAt('self-service/recovery/browser'))}`);
    }
    return page('Get back into your account', flowForms(ui));
  });

  show('/ui/settings', 'self-service/settings/browser', async (request, reply) => {
    const { flow, identity } = await openSettings(ctx, request, 'flow');
    const { ui } = settingsFlowView(ctx, flow, identity, { csrfToken: settingsCsrf(ctx, flow, request, reply) });
    // The password first: it is what most come here for.
    const nodes = [...ui.nodes].sort((a, b) => Number(b.group === 'password') - Number(a.group === 'password'));
    return page('Your account', flowForms({ ...ui, nodes }));
  });

  show('/ui/login', 'self-service/login/browser', async (request, reply) => {
    const flow = await openLogin(ctx, flowIdOf(request, 'flow'));
    const { ui } = loginFlowView(ctx, flow, { csrfToken: loginCsrf(ctx, flow, request, reply) });
    const forgotten = `<p><a href="${escapeHtml(startAt('self-service/recovery/browser'))}">Forgotten your password?</a></p>`;
    return page('Sign in', `${flowForms(ui)}${forgotten}`);
  });

  app.get('/ui/error', async (request, reply) => {
    const id = queryValue(request.query, 'id') ?? '';
    const shown = isUuid(id) ? await getShownError(ctx.pool, id) : undefined;
    const { reason, message } = (shown ?? {}) as { reason?: string; message?: string };
    const text = reason ?? message ?? 'There is nothing to show here any more.';
    return reply
      .headers(PAGE_HEADERS)
      .type('text/html; charset=utf-8')
      .send(page('That did not work', `<p>${escapeHtml(text)}</p>${again(startAt('self-service/recovery/browser'))}`));
  });
}

function problemPage(error: LatchkeyError, startUrl: string): string {
  const text = error.extras.reason ?? ERRORS[error.code].message;
  return page('That did not work', `<p>${escapeHtml(text)}</p>${again(startUrl)}`);
}

function again(url: string): string {
  return `<p><a href="${escapeHtml(url)}">Start again</a></p>`;
}
