import type { FastifyReply, FastifyRequest } from 'fastify';
import { getVerificationFlow } from '../../../activities/store/verification-flows.js';
import { SubmitVerificationBody } from '../../../schemas/verification.js';
import type { ApiContext } from '../../context.js';
import { flowIdOf } from '../../requests.js';
import { bodyParser } from '../../validation.js';
import { checkCsrf, refuseBrowser } from '../csrf.js';
import { answerExpired, answerFlow, answerReplaced } from './answers.js';
import type { VerificationCall } from './answers.js';
import { assertOffered } from './begin.js';
import { isExpired, unknownVerification } from './fetch.js';
import { giveAddress } from './give-address.js';
import { submitCode } from './submit-code.js';

const parse = bodyParser(SubmitVerificationBody);

/**
 * `POST /self-service/verification?flow=`: an address (asks for a code, or for another one) or a code; of both in one
 * body the code counts, as in Kratos.
 *
 * A code comes from any browser and from none: it is good for nothing but the address that it was sent to, and the
 * mailed link may be opened anywhere.
 */
export async function submitVerification(
  ctx: ApiContext,
  request: FastifyRequest,
  reply: FastifyReply,
): Promise<unknown> {
  const flow = await getVerificationFlow(ctx.pool, flowIdOf(request, 'flow'));
  if (!flow) throw unknownVerification();
  assertOffered(ctx);
  const body = parse(request.body ?? {});
  const call: VerificationCall = { ctx, request, reply, flow };
  const code = body.code ?? '';
  const email = body.email ?? '';

  if (code === '') {
    if (flow.type === 'api') refuseBrowser(request);
    else checkCsrf(ctx, request, body.csrf_token, flow.csrf_digest);
  }
  if (isExpired(ctx, flow)) return answerExpired(call);
  if (flow.outcome !== null) {
    return answerReplaced(call, flow.outcome === 'verified' ? 'verification_used' : 'verification_over');
  }
  const method = body.method ?? (code === '' ? undefined : 'code');
  if (method !== flow.method) return answerFlow(call, 400, [{ message: 'verification_method_unknown' }]);
  if (code !== '' && flow.method === 'code') return submitCode(call, code);
  if (email !== '') return giveAddress(call, email);
  const field = flow.state === 'sent_email' && flow.method === 'code' ? 'code' : 'email';
  return answerFlow(call, 400, [{ message: 'missing', context: { property: field }, field }]);
}
