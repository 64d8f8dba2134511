import type { FastifyReply, FastifyRequest } from 'fastify';
import { getRecoveryFlow } from '../../../activities/store/recovery-flows.js';
import { LatchkeyError } from '../../../schemas/errors.js';
import type { ApiContext } from '../../context.js';
import { confirmLinkPage } from '../../ui/confirm-link.js';
import { drawInvite } from '../../ui/invite-page.js';
import { flowIdOf, wantsJson } from '../../requests.js';
import { bodyParser, queryValue } from '../../validation.js';
import { ConfirmLinkBody } from '../../../schemas/recovery.js';
import { checkCsrf, ensureCsrfToken, maskCsrfToken } from '../csrf.js';
import { inviteOfFlow, noteOpened } from '../invites/open-invite.js';
import { answerExpired, answerLinkBroken } from './answers.js';
import { assertOffered } from './begin.js';
import { isExpired } from './fetch.js';
import { submitCode } from './submit-code.js';
import type { RecoveryCall } from './submit.js';

const parse = bodyParser(ConfirmLinkBody);

/**
 * `GET /self-service/recovery?flow=&token=`: a link was opened, perhaps by a mail scanner. Shows a page that asks for a
 * click; consumes nothing and signs nobody in (RFC 9110, 9.2.1). With `link.config.consume_on_get` it acts at once, as
 * Kratos does; HEAD never does.
 */
export async function openLink(ctx: ApiContext, request: FastifyRequest, reply: FastifyReply): Promise<unknown> {
  const call = await linkCall(ctx, request, reply);
  const token = queryValue(request.query, 'token') ?? '';
  reply.header('referrer-policy', 'no-referrer');
  if (isExpired(ctx, call.flow)) return request.method === 'HEAD' ? reply.send() : answerExpired(call);
  if (ctx.config.selfservice.methods.link.consumeOnGet && request.method === 'GET') {
    // Who opens a link is a browser, whatever it says that it accepts.
    return useToken({ ...call, client: 'html' }, token);
  }
  const csrfToken = maskCsrfToken(ensureCsrfToken(ctx, request, reply));
  const invited = await inviteOfFlow(ctx, call.flow);
  await noteOpened(ctx, request, invited);
  const page = invited
    ? drawInvite(ctx, invited, csrfToken, token)
    : confirmLinkPage(ctx, { flowId: call.flow.id, token, csrfToken });
  return reply.type('text/html; charset=utf-8').send(page);
}

/** `POST /self-service/recovery/confirm?flow=`: the click on that page. */
export async function confirmLink(ctx: ApiContext, request: FastifyRequest, reply: FastifyReply): Promise<unknown> {
  const call = await linkCall(ctx, request, reply);
  const body = parse(request.body ?? {});
  checkCsrf(ctx, request, body.csrf_token);
  if (isExpired(ctx, call.flow)) return answerExpired(call);
  return useToken(call, body.token);
}

async function useToken(call: RecoveryCall, token: string): Promise<unknown> {
  const { ctx, flow } = call;
  const opens = flow.method === 'link' && flow.outcome === null && flow.state !== 'choose_method';
  const offered = ctx.config.selfservice.methods.link.enabled;
  return opens && offered ? submitCode(call, token) : answerLinkBroken(call);
}

async function linkCall(ctx: ApiContext, request: FastifyRequest, reply: FastifyReply): Promise<RecoveryCall> {
  const flow = await getRecoveryFlow(ctx.pool, flowIdOf(request, 'flow'));
  if (!flow) throw new LatchkeyError('not_found', { reason: 'There is no recovery with this id. Start a new one.' });
  if (flow.origin === 'self') assertOffered(ctx);
  return { ctx, request, reply, flow, client: wantsJson(request) ? 'spa' : 'html' };
}
