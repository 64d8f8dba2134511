import type { FastifyReply, FastifyRequest } from 'fastify';
import { getVerificationFlow } from '../../../activities/store/verification-flows.js';
import type { VerificationFlow } from '../../../activities/store/verification-flows.js';
import { LatchkeyError } from '../../../schemas/errors.js';
import type { ApiContext } from '../../context.js';
import { flowIdOf } from '../../requests.js';
import { csrfTokenFor } from '../recovery/fetch.js';
import { ensureCsrfToken, maskCsrfToken } from '../csrf.js';
import { openedCode } from './opened-code.js';
import { verificationFlowView } from './view.js';
import type { VerificationUi } from './view.js';

/** `GET /self-service/verification/flows?id=`: the flow as it stands. Changes nothing. */
export async function fetchVerification(
  ctx: ApiContext,
  request: FastifyRequest,
  reply: FastifyReply,
): Promise<unknown> {
  return reply.send(await showVerification(ctx, 'id', request, reply));
}

/**
 * The flow that a request names, as this browser may see it: the one that began it, or one in which the mailed link was
 * opened, with the code of that link filled in. @throws LatchkeyError csrf_violation in any other browser
 */
export async function showVerification(
  ctx: ApiContext,
  parameter: 'id' | 'flow',
  request: FastifyRequest,
  reply: FastifyReply,
): Promise<Record<string, unknown> & { ui: VerificationUi }> {
  const flow = await openVerification(ctx, flowIdOf(request, parameter));
  const code = openedCode(request, flow.id);
  const csrfToken =
    code === undefined ? csrfTokenFor(ctx, flow, request, reply) : maskCsrfToken(ensureCsrfToken(ctx, request, reply));
  return verificationFlowView(ctx, flow, { csrfToken, openedCode: code });
}

/** A flow that is not expired. @throws LatchkeyError not_found, flow_expired or gone */
async function openVerification(ctx: ApiContext, id: string): Promise<VerificationFlow> {
  const flow = await getVerificationFlow(ctx.pool, id);
  if (!flow) throw unknownVerification();
  if (!isExpired(ctx, flow)) return flow;
  const begin = new URL(`self-service/verification/${flow.type}`, ctx.config.serve.public.baseUrl);
  if (flow.type === 'api') {
    throw new LatchkeyError('flow_expired', {
      reason: `This verification expired at ${flow.expires_at.toISOString()}. Start a new one.`,
      details: { api: begin.href },
    });
  }
  if (flow.return_to !== null) begin.searchParams.set('return_to', flow.return_to);
  throw new LatchkeyError('gone', {
    reason: 'This verification has expired. Send the browser to redirect_to to start a new one.',
    details: { redirect_to: begin.href, return_to: flow.return_to ?? '' },
  });
}

/** The answer to an id that names no verification. */
export function unknownVerification(): LatchkeyError {
  return new LatchkeyError('not_found', { reason: 'There is no verification with this id. Start a new one.' });
}

/** Deadlines hold when read: true once the time has come, whether or not a worker has noticed. */
export function isExpired(ctx: ApiContext, flow: VerificationFlow): boolean {
  return flow.outcome === 'expired' || (flow.outcome !== 'verified' && ctx.now() >= flow.expires_at.getTime());
}
