import type { FastifyReply, FastifyRequest } from 'fastify';
import type { ApiContext } from '../context.js';
import { loginCsrf, openLogin } from '../public/login/login.js';
import { loginFlowView } from '../public/login/view.js';
import { flowIdOf } from '../requests.js';
import { flowForms, hasErrors } from './form.js';
import { page, ways } from './page.js';

/** The page on which a person signs in, or confirms that it is them. */
export async function loginPage(ctx: ApiContext, request: FastifyRequest, reply: FastifyReply): Promise<string> {
  const flow = await openLogin(ctx, flowIdOf(request, 'flow'));
  const { ui } = await loginFlowView(ctx, flow, { csrfToken: loginCsrf(ctx, flow, request, reply) });
  const recover = new URL('self-service/recovery/browser', ctx.config.serve.public.baseUrl);
  if (flow.return_to !== null) recover.searchParams.set('return_to', flow.return_to);
  // Recovery turns those away who are signed in.
  const offered = ctx.config.selfservice.flows.recovery.enabled && flow.identity_id === null;
  const body = [flowForms(ui, { focusFirst: true }), offered ? ways(['Forgotten your password?', recover.href]) : ''];
  const title = flow.refresh ? 'Confirm that it is you' : flow.requested_aal === 'aal2' ? 'One more step' : 'Sign in';
  return page(title, body.join('\n'), { wrong: hasErrors(ui) });
}
