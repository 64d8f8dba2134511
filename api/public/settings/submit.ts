import type { FastifyReply, FastifyRequest } from 'fastify';
import { hashPassword } from '../../../activities/passwords.js';
import { setNewPassword } from '../../../activities/set-password.js';
import { flowPage } from '../../../activities/recovery-links.js';
import { passwordHashOf } from '../../../activities/store/credentials.js';
import { saveSettingsFlow } from '../../../activities/store/settings-flows.js';
import { LatchkeyError } from '../../../schemas/errors.js';
import type { StoredMessage } from '../../../schemas/messages.js';
import { SubmitSettingsBody } from '../../../schemas/settings.js';
import type { ApiContext } from '../../context.js';
import { MAX_PASSWORD_LENGTH, passwordProblem } from '../../password-policy.js';
import { wantsJson } from '../../requests.js';
import { badRequest, bodyParser } from '../../validation.js';
import { checkCsrf, refuseBrowser } from '../csrf.js';
import { openSettings, settingsCsrf } from './open.js';
import type { OpenSettings } from './open.js';
import { submitProfile } from './profile.js';
import { settingsFlowView } from './view.js';

const parse = bodyParser(SubmitSettingsBody);

/** `POST /self-service/settings?flow=`: a new password, or changed traits. */
export async function submitSettings(ctx: ApiContext, request: FastifyRequest, reply: FastifyReply): Promise<unknown> {
  const body = parse(request.body ?? {});
  const opened = await openSettings(ctx, request, 'flow');
  if (opened.flow.type === 'browser') checkCsrf(ctx, request, body.csrf_token);
  else refuseBrowser(request);

  const { methods } = ctx.config.selfservice;
  const call: SettingsCall = { ctx, request, reply, opened };
  if (body.method === 'password' && methods.password.enabled) return changePassword(call, body.password ?? '');
  if (body.method === 'profile' && methods.profile.enabled) return submitProfile(call);
  return answerProblem(call, [{ message: 'settings_method_unknown' }]);
}

/** One submission on its way to an answer. */
export interface SettingsCall {
  readonly ctx: ApiContext;
  readonly request: FastifyRequest;
  readonly reply: FastifyReply;
  readonly opened: OpenSettings;
}

async function changePassword(call: SettingsCall, password: string): Promise<unknown> {
  const { ctx, opened } = call;
  assertPrivileged(call);
  if (password.length > MAX_PASSWORD_LENGTH) throw badRequest(`password: may have at most ${MAX_PASSWORD_LENGTH} characters`);
  const { identity, session } = opened;
  const problem = await passwordProblem(ctx.config.selfservice.methods.password, password, {
    identifiers: identity.credentials.flatMap((credential) => credential.identifiers),
    presentHash: passwordHashOf(identity),
  });
  if (problem) return answerProblem(call, [problem]);
  const hash = await hashPassword(password, ctx.config.hashers.argon2);
  const recovered = await setNewPassword(ctx.pool, { session, hash, now: new Date(ctx.now()) });
  // The row says it already. If this signal is lost, the workflow reads it there at the end of the privileged time.
  if (recovered !== null) {
    await ctx.workflows.credentialSet(recovered).catch((error: unknown) => {
      call.request.log.warn({ err: error, flow: recovered }, 'the workflow will learn of the new credential later');
    });
  }
  return answerSaved(call);
}

/** @throws LatchkeyError session_refresh_required once the privileged time is over */
export function assertPrivileged({ ctx, opened }: SettingsCall): void {
  const age = ctx.now() - opened.session.authenticated_at.getTime();
  if (age < ctx.config.selfservice.flows.settings.privilegedSessionMaxAgeMs) return;
  const base = ctx.config.serve.public.baseUrl;
  const back = new URL('self-service/settings', base);
  back.searchParams.set('flow', opened.flow.id);
  const login = new URL('self-service/login/browser', base);
  login.searchParams.set('refresh', 'true');
  login.searchParams.set('return_to', back.href);
  throw new LatchkeyError('session_refresh_required', {
    reason: 'It has been too long since you proved who you are. Sign in again, or ask for a new recovery code.',
    beside: { redirect_browser_to: login.href },
  });
}

/** 400 with the form and what is wrong with it; browsers are sent back to the page. */
export async function answerProblem(call: SettingsCall, messages: StoredMessage[]): Promise<unknown> {
  return answer(call, 400, 'show_form', messages);
}

/** 200 with the form as it now stands; browsers are sent back to the page, or on to `return_to`. */
export async function answerSaved(call: SettingsCall): Promise<unknown> {
  return answer(call, 200, 'success', [{ message: 'settings_saved' }]);
}

async function answer(
  call: SettingsCall,
  status: number,
  state: 'show_form' | 'success',
  messages: StoredMessage[],
): Promise<unknown> {
  const { ctx, request, reply, opened } = call;
  const flow = { ...opened.flow, state, messages };
  if (flow.type === 'browser' && !wantsJson(request)) {
    await saveSettingsFlow(ctx.pool, flow);
    const page = flowPage(ctx.config.selfservice.flows.settings.uiUrl, flow.id);
    return reply.redirect(state === 'success' ? (flow.return_to ?? page) : page, 303);
  }
  if (state === 'success') await saveSettingsFlow(ctx.pool, flow);
  const csrfToken = settingsCsrf(ctx, flow, request, reply);
  return reply.code(status).send(settingsFlowView(ctx, flow, opened.identity, { csrfToken }));
}
