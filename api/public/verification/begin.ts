import { randomUUID } from 'node:crypto';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { flowPage } from '../../../platform/links.js';
import { insertVerificationFlow } from '../../../activities/store/verification-flows.js';
import type { VerificationFlow } from '../../../activities/store/verification-flows.js';
import { LatchkeyError } from '../../../schemas/errors.js';
import type { StoredMessage } from '../../../schemas/messages.js';
import type { ApiContext } from '../../context.js';
import { wantsJson } from '../../requests.js';
import { queryValue } from '../../validation.js';
import { csrfDigest, ensureCsrfToken, maskCsrfToken } from '../csrf.js';
import { publicUrl } from '../recovery/begin.js';
import { checkReturnTo } from '../return-to.js';
import { verificationFlowView } from './view.js';

/** `GET /self-service/verification/api` and `/browser`, signed in or not. One row, no workflow. */
export async function beginVerification(
  ctx: ApiContext,
  type: 'api' | 'browser',
  request: FastifyRequest,
  reply: FastifyReply,
): Promise<unknown> {
  assertOffered(ctx);
  const token = type === 'browser' ? ensureCsrfToken(ctx, request, reply) : null;
  const flow = await newFlow(ctx, {
    type,
    requestUrl: publicUrl(ctx, request),
    returnTo: checkReturnTo(ctx, queryValue(request.query, 'return_to')),
    csrfDigest: token && csrfDigest(token),
  });
  if (type === 'browser' && !wantsJson(request)) {
    return reply.redirect(flowPage(ctx.config.selfservice.flows.verification.uiUrl, flow.id), 303);
  }
  return reply.send(verificationFlowView(ctx, flow, { csrfToken: token ? maskCsrfToken(token) : '' }));
}

/** @throws LatchkeyError bad_request when verification is not offered, or not by the configured method */
export function assertOffered(ctx: ApiContext): void {
  const { flows, methods } = ctx.config.selfservice;
  const off = !flows.verification.enabled
    ? 'selfservice.flows.verification.enabled'
    : !methods[flows.verification.use].enabled && `selfservice.methods.${flows.verification.use}.enabled`;
  if (off) throw new LatchkeyError('bad_request', { reason: `Verification is switched off here (${off}).` });
}

/** Inserts a fresh flow. */
export async function newFlow(
  ctx: ApiContext,
  made: {
    type: 'api' | 'browser';
    requestUrl: string;
    returnTo: string | null;
    csrfDigest: Buffer | null;
    messages?: StoredMessage[];
  },
): Promise<VerificationFlow> {
  const { flows, methods } = ctx.config.selfservice;
  const method = flows.verification.use;
  const now = ctx.now();
  return insertVerificationFlow(ctx.pool, {
    id: randomUUID(),
    type: made.type,
    method,
    request_url: made.requestUrl,
    return_to: made.returnTo,
    csrf_digest: made.csrfDigest,
    messages: made.messages ?? [],
    issued_at: new Date(now),
    code_lifespan_ms: methods[method].lifespanMs,
    expires_at: new Date(now + flows.verification.lifespanMs),
  });
}
