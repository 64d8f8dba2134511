import type { FastifyReply, FastifyRequest } from 'fastify';
import type { RecoveryFlow } from '../../activities/store/recovery-flows.js';
import type { ApiContext } from '../context.js';
import { csrfTokenFor, openRecoveryFlow } from '../public/recovery/fetch.js';
import { recoveryFlowView } from '../public/recovery/view.js';
import { flowIdOf } from '../requests.js';
import { flowForms, hasErrors } from './form.js';
import { page, paragraph, ways } from './page.js';

const TITLE = 'Get back into your account';

/** The page of a recovery: asks for the address, then for the code. */
export async function recoveryPage(ctx: ApiContext, request: FastifyRequest, reply: FastifyReply): Promise<string> {
  const flow = await openRecoveryFlow(ctx, flowIdOf(request, 'flow'));
  const { ui } = recoveryFlowView(ctx, flow, { csrfToken: csrfTokenFor(ctx, flow, request, reply) });
  if (flow.state === 'passed_challenge' || flow.outcome !== null) {
    const again = ways(['Start again', beginUrl(ctx, flow)]);
    return page(
      TITLE,
      `${paragraph('This code was used, or this recovery has ended. You can ask for another code.')}\n${again}`,
    );
  }
  // Its code is for the app that asks for it; forms of browsers are refused.
  if (flow.type === 'api')
    return page(
      'Enter the code in your app',
      paragraph('This code belongs to an app. Open the app and enter the code there.'),
    );
  const body = [intro(flow), flowForms(ui, { focusFirst: true }), waysOn(ctx, flow)];
  return page(TITLE, body.filter((part) => part !== '').join('\n'), { wrong: hasErrors(ui) });
}

/** What is to be done here, unless the messages say it. */
function intro(flow: RecoveryFlow): string {
  if (flow.origin === 'admin') {
    return flow.method === 'code'
      ? paragraph('Enter the code that you were given. After that you choose a password.')
      : paragraph('Open the link that you were given: it leads into your account.');
  }
  const asksForAddress = (flow.address_step ?? 'awaiting_address') === 'awaiting_address';
  if (flow.state !== 'choose_method' || !asksForAddress) return '';
  return paragraph(`Enter the e-mail address of your account, and we send you a ${flow.method} that lets you in.`);
}

function waysOn(ctx: ApiContext, flow: RecoveryFlow): string {
  if (flow.origin === 'admin') return '';
  if (flow.state !== 'choose_method') return ways(['Use another address', beginUrl(ctx, flow)]);
  const login = new URL('self-service/login/browser', ctx.config.serve.public.baseUrl);
  return ctx.config.selfservice.methods.password.enabled ? ways(['Back to signing in', login.href]) : '';
}

function beginUrl(ctx: ApiContext, flow: RecoveryFlow): string {
  const url = new URL('self-service/recovery/browser', ctx.config.serve.public.baseUrl);
  if (flow.return_to !== null) url.searchParams.set('return_to', flow.return_to);
  return url.href;
}
