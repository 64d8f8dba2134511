import type { FastifyReply, FastifyRequest } from 'fastify';
import { flowPage } from '../../../platform/links.js';
import { getVerificationFlow, saveVerificationMessages } from '../../../activities/store/verification-flows.js';
import type { VerificationFlow } from '../../../activities/store/verification-flows.js';
import { LatchkeyError } from '../../../schemas/errors.js';
import type { StoredMessage } from '../../../schemas/messages.js';
import type { ApiContext } from '../../context.js';
import { wantsJson } from '../../requests.js';
import { csrfDigest, ensureCsrfToken, maskCsrfToken } from '../csrf.js';
import { newFlow } from './begin.js';
import { verificationFlowView } from './view.js';

/** One submission on its way to an answer. */
export interface VerificationCall {
  readonly ctx: ApiContext;
  readonly request: FastifyRequest;
  readonly reply: FastifyReply;
  readonly flow: VerificationFlow;
}

/**
 * Answers with the flow itself, showing `messages`, or what is stored when none are given: JSON with `status`, or for
 * browsers a redirect back to the page, which then shows them.
 */
export async function answerFlow(call: VerificationCall, status: number, messages?: StoredMessage[]): Promise<unknown> {
  const { ctx, request, reply } = call;
  const flow = (await getVerificationFlow(ctx.pool, call.flow.id)) ?? call.flow;
  if (!wantsJson(request)) {
    if (messages) await saveVerificationMessages(ctx.pool, flow.id, messages);
    return reply.redirect(pageOf(ctx, flow), 303);
  }
  const csrfToken = flow.type === 'browser' ? maskCsrfToken(ensureCsrfToken(ctx, request, reply)) : '';
  return reply.code(status).send(verificationFlowView(ctx, flow, { csrfToken, messages }));
}

/** The flow's time is over: 410 that names a new flow, or a redirect to its page. */
export async function answerExpired(call: VerificationCall): Promise<unknown> {
  const { ctx, flow } = call;
  const expiredAt = flow.expires_at.toISOString();
  const unix = Math.floor(flow.expires_at.getTime() / 1_000);
  return moveOn(
    call,
    { message: 'verification_expired', context: { expired_at: expiredAt, expired_at_unix: unix } },
    (id) => {
      return new LatchkeyError('flow_expired', {
        reason: `This verification expired at ${expiredAt}. Go on with the new one.`,
        beside: {
          expired_at: expiredAt,
          // Kratos' unit: nanoseconds.
          since: Math.max(0, ctx.now() - flow.expires_at.getTime()) * 1_000_000,
          use_flow_id: id,
        },
      });
    },
  );
}

/** The flow takes nothing any more: 410 that names a new flow, or a redirect to its page. */
export async function answerReplaced(
  call: VerificationCall,
  message: 'verification_used' | 'verification_over' | 'verification_link_wrong',
): Promise<unknown> {
  return moveOn(call, { message }, (id) => {
    return new LatchkeyError('flow_replaced', {
      reason: 'This verification is over. Go on with the new one.',
      beside: { use_flow_id: id },
    });
  });
}

/** The page on which a flow goes on. */
export function pageOf(ctx: ApiContext, flow: VerificationFlow): string {
  return flowPage(ctx.config.selfservice.flows.verification.uiUrl, flow.id);
}

async function moveOn(
  call: VerificationCall,
  message: StoredMessage,
  error: (newId: string) => LatchkeyError,
): Promise<unknown> {
  const { ctx, request, reply, flow } = call;
  const next = await newFlow(ctx, {
    type: flow.type,
    requestUrl: flow.request_url,
    returnTo: flow.return_to,
    csrfDigest: flow.type === 'browser' ? csrfDigest(ensureCsrfToken(ctx, request, reply)) : null,
    messages: [message],
  });
  if (wantsJson(request)) throw error(next.id);
  return reply.redirect(pageOf(ctx, next), 303);
}
