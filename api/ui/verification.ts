import type { FastifyReply, FastifyRequest } from 'fastify';
import type { ApiContext } from '../context.js';
import { showVerification } from '../public/verification/fetch.js';
import { flowForms, hasErrors, messageList } from './form.js';
import { escapeHtml } from '../../platform/html.js';
import { page, paragraph, ways } from './page.js';

const TITLE = 'Confirm your address';

/** The page of a verification: asks for the address, then for the code, and says when it is done. */
export async function verificationPage(ctx: ApiContext, request: FastifyRequest, reply: FastifyReply): Promise<string> {
  const { ui, state } = await showVerification(ctx, 'flow', request, reply);
  if (ui.method === 'GET') return page(TITLE, `${messageList(ui.messages ?? [])}\n${ways(['Continue', ui.action])}`);
  const intro = state === 'choose_method' ? paragraph('Enter the address that you want to confirm as yours.') : '';
  return page(TITLE, `${intro}\n${flowForms(ui, { focusFirst: true })}`, { wrong: hasErrors(ui) });
}

/** The page that a verification link opens: one button. Opening it confirms nothing. */
export function confirmVerificationPage(
  ctx: ApiContext,
  values: { flowId: string; token: string; csrfToken: string },
): string {
  const action = new URL('self-service/verification/confirm', ctx.config.serve.public.baseUrl);
  action.searchParams.set('flow', values.flowId);
  return page(
    TITLE,
    `${paragraph('One more step: with this button you confirm that the address is yours. The link works once.')}
<form action="${escapeHtml(action.href)}" method="POST">
<input type="hidden" name="token" value="${escapeHtml(values.token)}">
<input type="hidden" name="csrf_token" value="${escapeHtml(values.csrfToken)}">
<button type="submit">Confirm this address</button>
</form>`,
  );
}
