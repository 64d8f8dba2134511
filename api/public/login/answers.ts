import { getIdentity } from '../../../activities/store/identities.js';
import { saveLoginMessages } from '../../../activities/store/login-flows.js';
import type { Session } from '../../../activities/store/sessions.js';
import { LatchkeyError } from '../../../schemas/errors.js';
import type { StoredMessage } from '../../../schemas/messages.js';
import { identityView } from '../../identity-view.js';
import { wantsJson } from '../../requests.js';
import { sessionView } from '../../session-view.js';
import { satisfiesAal, secondFactorUrl } from '../aal.js';
import { renewCsrfToken } from '../csrf.js';
import { expiredMessage, flowExpired } from '../flow-expired.js';
import { setSessionCookie } from '../session.js';
import { loginCsrf, loginPageOf, newLoginFlow } from './login.js';
import type { LoginCall } from './submit.js';
import { loginFlowView } from './view.js';

/** 400 with the form and what is wrong with it; browsers are sent back to the page. */
export async function answerProblem(call: LoginCall, messages: StoredMessage[], identifier = ''): Promise<unknown> {
  const { ctx, request, reply, flow } = call;
  if (isHtml(call)) {
    await saveLoginMessages(ctx.pool, flow.id, messages);
    return reply.redirect(loginPageOf(ctx, flow), 303);
  }
  const csrfToken = loginCsrf(ctx, flow, request, reply);
  return reply.code(400).send(await loginFlowView(ctx, flow, { csrfToken, identifier, messages }));
}

/** The flow's time is over: on to a new one. */
export async function answerExpired(call: LoginCall): Promise<unknown> {
  const { ctx, reply, flow } = call;
  const next = await newLoginFlow(ctx, { ...flow, messages: [expiredMessage('login_expired', flow)] });
  if (isHtml(call)) return reply.redirect(loginPageOf(ctx, next), 303);
  throw flowExpired(ctx, flow, next.id);
}

/**
 * Hands over the session. `isNew`: it was opened just now, otherwise it went on with one more proof. A person whose
 * session is not enough for `whoami` yet is sent on to the second factor, and the person's data stays back (Kratos'
 * rule: a stolen password alone shows nothing).
 */
export async function answerSignedIn(
  call: LoginCall,
  signedIn: { session: Session; token: string; isNew: boolean },
): Promise<unknown> {
  const { ctx, reply, flow } = call;
  const { session, token } = signedIn;
  if (flow.type === 'browser') {
    if (signedIn.isNew) renewCsrfToken(ctx, reply);
    setSessionCookie(ctx, reply, token, session.expires_at);
  }
  const identity = await getIdentity(ctx.pool, session.identity_id);
  if (!identity) throw new LatchkeyError('unauthorized', { reason: 'This account was deleted.' });
  const enough = satisfiesAal(ctx, ctx.config.session.whoamiRequiredAal, session, identity);
  if (!enough && flow.type === 'browser') {
    const next = secondFactorUrl(ctx, flow.return_to);
    if (isHtml(call)) return reply.redirect(next, 303);
    throw new LatchkeyError('browser_location_change_required', {
      reason: 'Send the browser to redirect_browser_to for the second factor.',
      beside: { redirect_browser_to: next },
    });
  }
  const next = flow.return_to ?? ctx.config.selfservice.defaultBrowserReturnUrl;
  if (isHtml(call)) return reply.redirect(next, 303);
  const view = identityView(identity, { publicBaseUrl: ctx.config.serve.public.baseUrl, admin: false });
  const shown = sessionView(session, view, new Date(ctx.now()));
  if (!enough) delete shown.identity;
  if (flow.type === 'api') return reply.send({ session_token: token, session: shown, continue_with: null });
  return reply.send({ session: shown, continue_with: [{ action: 'redirect_browser_to', redirect_browser_to: next }] });
}

/** True for a browser that follows redirects; apps and pages with scripts get JSON. */
export function isHtml({ request, flow }: LoginCall): boolean {
  return flow.type === 'browser' && !wantsJson(request);
}
