import { getSettingsFlow, saveSettingsFlow } from '../../../activities/store/settings-flows.js';
import type { SettingsFlow } from '../../../activities/store/settings-flows.js';
import { getSession } from '../../../activities/store/session-admin.js';
import { LatchkeyError } from '../../../schemas/errors.js';
import type { StoredMessage } from '../../../schemas/messages.js';
import { wantsJson } from '../../requests.js';
import { isPrivileged } from '../aal.js';
import { expiredMessage, flowExpired } from '../flow-expired.js';
import { newSettingsFlow, ownerOf, settingsCsrf, settingsPageOf, settingsReturnUrl } from './open.js';
import type { SettingsCall } from './submit.js';
import { settingsFlowView } from './view.js';

/** @throws LatchkeyError session_refresh_required once the privileged time is over */
export function assertPrivileged({ ctx, opened }: SettingsCall): void {
  if (isPrivileged(ctx, opened.session)) return;
  const login = new URL('self-service/login/browser', ctx.config.serve.public.baseUrl);
  login.searchParams.set('refresh', 'true');
  login.searchParams.set('return_to', settingsReturnUrl(ctx, opened.flow));
  throw new LatchkeyError('session_refresh_required', {
    reason: 'It has been too long since you proved who you are. Sign in again, or ask for a new recovery code.',
    beside: { redirect_browser_to: login.href },
  });
}

/** 400 with the form and what is wrong with it; browsers are sent back to the page. */
export function answerProblem(call: SettingsCall, messages: StoredMessage[]): Promise<unknown> {
  return answer(call, 400, 'show_form', messages);
}

/** 200 with the form as it now stands; browsers are sent back to the page, or on to `return_to`. */
export function answerSaved(call: SettingsCall): Promise<unknown> {
  return answer(call, 200, 'success', [{ message: 'settings_saved' }]);
}

/** 200 with the form, which has more to show now; browsers are sent back to the page. */
export function answerShown(call: SettingsCall): Promise<unknown> {
  return answer(call, 200, 'show_form', []);
}

/** The flow's time is over, and nothing was changed: on to a new one. */
export async function answerExpired({ ctx, request, reply, opened }: SettingsCall): Promise<unknown> {
  const { flow } = opened;
  const next = await newSettingsFlow(ctx, {
    type: flow.type,
    identityId: flow.identity_id,
    requestUrl: flow.request_url,
    returnTo: flow.return_to,
    messages: [expiredMessage('settings_expired', flow)],
  });
  if (flow.type === 'browser' && !wantsJson(request)) return reply.redirect(settingsPageOf(ctx, next), 303);
  throw flowExpired(ctx, flow, next.id);
}

async function answer(
  call: SettingsCall,
  status: number,
  state: SettingsFlow['state'],
  messages: StoredMessage[],
): Promise<unknown> {
  const { ctx, request, reply } = call;
  const opened = await asItNowStands(call);
  const flow = { ...opened.flow, state, messages };
  if (flow.type === 'browser' && !wantsJson(request)) {
    await saveSettingsFlow(ctx.pool, flow);
    const page = settingsPageOf(ctx, flow);
    return reply.redirect(state === 'success' ? (flow.return_to ?? page) : page, 303);
  }
  if (state === 'success') await saveSettingsFlow(ctx.pool, flow);
  const csrfToken = settingsCsrf(ctx, flow, request, reply);
  const view = await settingsFlowView(ctx, { ...opened, flow }, { csrfToken });
  if (flow.type === 'api' || state !== 'success') return reply.code(status).send(view);
  // Where a page without scripts would be sent.
  const next = { action: 'redirect_browser_to', redirect_browser_to: flow.return_to ?? settingsPageOf(ctx, flow) };
  return reply.code(status).send({ ...view, continue_with: [next] });
}

async function asItNowStands({ ctx, opened }: SettingsCall): Promise<SettingsCall['opened']> {
  const session = (await getSession(ctx.pool, opened.session.id)) ?? opened.session;
  const flow = (await getSettingsFlow(ctx.pool, opened.flow.id)) ?? opened.flow;
  return { flow, session, identity: await ownerOf(ctx, session) };
}
