import type { FastifyReply, FastifyRequest } from 'fastify';
import { getRecoveryFlow } from '../../../activities/store/recovery-flows.js';
import type { RecoveryFlow } from '../../../activities/store/recovery-flows.js';
import { LatchkeyError } from '../../../schemas/errors.js';
import type { StoredMessage } from '../../../schemas/messages.js';
import type { ApiContext } from '../../context.js';
import { flowIdOf, wantsJson } from '../../requests.js';
import { bodyParser } from '../../validation.js';
import { SubmitRecoveryBody } from '../../../schemas/recovery.js';
import { checkCsrf, refuseBrowser } from '../csrf.js';
import { findSession } from '../session.js';
import { submitChoice } from './choose/submit.js';
import { answerDone, answerExpired, answerFlow, answerOver } from './answers.js';
import { alreadySignedIn, assertOffered } from './begin.js';
import { isExpired } from './fetch.js';
import { giveAddress } from './give-address.js';
import { submitCode } from './submit-code.js';

const parse = bodyParser(SubmitRecoveryBody);

/**
 * `POST /self-service/recovery?flow=`: an address (asks for a code, or for another one) or a code. Both in one body is
 * a resend, as in Kratos.
 */
export async function submitRecovery(ctx: ApiContext, request: FastifyRequest, reply: FastifyReply): Promise<unknown> {
  const flow = await getRecoveryFlow(ctx.pool, flowIdOf(request, 'flow'));
  if (!flow) throw new LatchkeyError('not_found', { reason: 'There is no recovery with this id. Start a new one.' });
  if (flow.origin === 'self') assertOffered(ctx);
  const body = parse(request.body ?? {});
  const call: RecoveryCall = { ctx, request, reply, flow, client: clientOf(flow, request) };

  if (flow.type === 'api') refuseBrowser(request);
  else if (flow.origin === 'self') checkCsrf(ctx, request, body.csrf_token, flow.csrf_digest);
  if (await findSession(ctx, request)) throw alreadySignedIn();
  if (isExpired(ctx, flow)) return answerExpired(call);
  if (body.method !== flow.method || !ctx.config.selfservice.methods[flow.method].enabled) {
    return answerFlow(call, 400, [{ message: 'recovery_method_unknown' }]);
  }
  // A code that passed may be sent again by a client whose answer was lost.
  const asksForMail = body.email !== undefined && body.email !== '';
  if (flow.state === 'passed_challenge' && asksForMail) return answerDone(call);
  if (flow.outcome !== null) return answerOver(call, flow.outcome);
  if (flow.address_step !== null) return submitChoice(call, body);
  // The mail of an invite goes where it was sent before; nobody types an address into it.
  if (asksForMail && flow.invite_id !== null) return answerFlow(call, 400, [{ message: 'recovery_method_unknown' }]);
  if (asksForMail) return giveAddress(call, body.email ?? '');
  if (flow.state === 'choose_method') {
    return answerFlow(call, 400, [missing('email')]);
  }
  return submitCode(call, body.code ?? '');
}

/** How the answers have to look: for an app, a single-page app, or a browser that follows redirects. */
export type ClientKind = 'api' | 'spa' | 'html';

/** One submission on its way to an answer. */
export interface RecoveryCall {
  readonly ctx: ApiContext;
  readonly request: FastifyRequest;
  readonly reply: FastifyReply;
  readonly flow: RecoveryFlow;
  readonly client: ClientKind;
}

function clientOf(flow: RecoveryFlow, request: FastifyRequest): ClientKind {
  if (flow.type === 'api') return 'api';
  return wantsJson(request) ? 'spa' : 'html';
}

function missing(field: string): StoredMessage {
  return { message: 'missing', context: { property: field }, field };
}
