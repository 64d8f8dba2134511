import type { FastifyReply, FastifyRequest } from 'fastify';
import { getVerificationFlow } from '../../../activities/store/verification-flows.js';
import { ConfirmLinkBody } from '../../../schemas/recovery.js';
import type { ApiContext } from '../../context.js';
import { flowIdOf } from '../../requests.js';
import { confirmVerificationPage } from '../../ui/verification.js';
import { bodyParser, queryValue } from '../../validation.js';
import { checkCsrf, ensureCsrfToken, maskCsrfToken } from '../csrf.js';
import { answerExpired, answerReplaced, pageOf } from './answers.js';
import type { VerificationCall } from './answers.js';
import { isExpired, unknownVerification } from './fetch.js';
import { isCode, rememberOpenedCode } from './opened-code.js';
import { submitCode } from './submit-code.js';

const parse = bodyParser(ConfirmLinkBody);

/**
 * `GET /self-service/verification?flow=&code=` or `&token=`: a mailed link was opened, perhaps by a mail scanner. A code
 * is filled into the form, in this browser; a token gets a page that asks for a click. Nothing is used up or verified
 * (RFC 9110, 9.2.1). With `link.config.consume_on_get` a token acts at once, as in Kratos; HEAD never does.
 */
export async function openVerificationLink(
  ctx: ApiContext,
  request: FastifyRequest,
  reply: FastifyReply,
): Promise<unknown> {
  const call = await linkCall(ctx, request, reply);
  const { flow } = call;
  const [code, token] = [queryValue(request.query, 'code') ?? '', queryValue(request.query, 'token') ?? ''];
  reply.header('referrer-policy', 'no-referrer');
  if (isExpired(ctx, flow)) return request.method === 'HEAD' ? reply.send() : answerExpired(call);
  // Opened a second time: the page says that all is well.
  if (flow.outcome === 'verified') return reply.redirect(pageOf(ctx, flow), 303);
  if (flow.method === 'code') {
    if (isCode(code)) rememberOpenedCode(ctx, reply, flow.id, code);
    return reply.redirect(pageOf(ctx, flow), 303);
  }
  if (ctx.config.selfservice.methods.link.consumeOnGet && request.method === 'GET') return useToken(call, token);
  const csrfToken = maskCsrfToken(ensureCsrfToken(ctx, request, reply));
  const page = confirmVerificationPage(ctx, { flowId: flow.id, token, csrfToken });
  return reply.type('text/html; charset=utf-8').send(page);
}

/** `POST /self-service/verification/confirm?flow=`: the click on that page. */
export async function confirmVerificationLink(
  ctx: ApiContext,
  request: FastifyRequest,
  reply: FastifyReply,
): Promise<unknown> {
  const call = await linkCall(ctx, request, reply);
  const body = parse(request.body ?? {});
  checkCsrf(ctx, request, body.csrf_token);
  if (isExpired(ctx, call.flow)) return answerExpired(call);
  return useToken(call, body.token);
}

async function useToken(call: VerificationCall, token: string): Promise<unknown> {
  const { flow } = call;
  const usable = flow.method === 'link' && flow.outcome === null && flow.state === 'sent_email';
  return usable ? submitCode(call, token) : answerReplaced(call, 'verification_link_wrong');
}

async function linkCall(ctx: ApiContext, request: FastifyRequest, reply: FastifyReply): Promise<VerificationCall> {
  const flow = await getVerificationFlow(ctx.pool, flowIdOf(request, 'flow'));
  if (!flow) throw unknownVerification();
  return { ctx, request, reply, flow };
}
