import type { ApiContext } from '../context.js';
import { escapeHtml } from '../../platform/html.js';
import { page } from './page.js';

/** The page that a recovery link opens: one button. Opening it uses nothing up. */
export function confirmLinkPage(ctx: ApiContext, values: { flowId: string; token: string; csrfToken: string }): string {
  const action = new URL('self-service/recovery/confirm', ctx.config.serve.public.baseUrl);
  action.searchParams.set('flow', values.flowId);
  return page(
    'Get back into your account',
    `<p>One more step: with this button you are in, and can choose a new password. The link works once.</p>
<form action="${escapeHtml(action.href)}" method="POST">
<input type="hidden" name="token" value="${escapeHtml(values.token)}">
<input type="hidden" name="csrf_token" value="${escapeHtml(values.csrfToken)}">
<button type="submit">Continue to my account</button>
</form>`,
  );
}
