import type { FastifyReply, FastifyRequest } from 'fastify';
import { isPressed, SubmitSettingsBody } from '../../../schemas/settings.js';
import type { ApiContext } from '../../context.js';
import { bodyParser } from '../../validation.js';
import { checkCsrf, refuseBrowser } from '../csrf.js';
import { answerExpired, answerProblem } from './answers.js';
import { lookupActionOf, submitLookupSecrets } from './lookup-secrets.js';
import { findSettings, isExpired } from './open.js';
import type { OpenSettings } from './open.js';
import { submitPassword } from './password.js';
import { submitProfile } from './profile.js';
import { submitTotp } from './totp.js';

const parse = bodyParser(SubmitSettingsBody);

/** One submission on its way to an answer. */
export interface SettingsCall {
  readonly ctx: ApiContext;
  readonly request: FastifyRequest;
  readonly reply: FastifyReply;
  readonly opened: OpenSettings;
}

/** `POST /self-service/settings?flow=`: a new password, changed traits, or a second factor set up or removed. */
export async function submitSettings(ctx: ApiContext, request: FastifyRequest, reply: FastifyReply): Promise<unknown> {
  const body = parse(request.body ?? {});
  const opened = await findSettings(ctx, request, 'flow');
  const call: SettingsCall = { ctx, request, reply, opened };
  if (opened.flow.type === 'browser') checkCsrf(ctx, request, body.csrf_token);
  else refuseBrowser(request);
  if (isExpired(ctx, opened.flow)) return answerExpired(call);

  const { methods } = ctx.config.selfservice;
  // These buttons say by themselves what is meant, as in Kratos.
  const lookup = lookupActionOf(body);
  if (lookup && methods.lookupSecret.enabled) return submitLookupSecrets(call, lookup);
  const unlink = isPressed(body.totp_unlink);
  if ((unlink || body.method === 'totp') && methods.totp.enabled) {
    return submitTotp(call, { code: body.totp_code ?? '', unlink });
  }
  if (body.method === 'password' && methods.password.enabled) return submitPassword(call, body.password ?? '');
  if (body.method === 'profile' && methods.profile.enabled) return submitProfile(call);
  return answerProblem(call, [{ message: 'settings_method_unknown' }]);
}
