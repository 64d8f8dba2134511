import { randomUUID } from 'node:crypto';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { flowPage } from '../../../platform/links.js';
import { insertRecoveryFlow } from '../../../activities/store/recovery-flows.js';
import type { RecoveryFlow } from '../../../activities/store/recovery-flows.js';
import { LatchkeyError } from '../../../schemas/errors.js';
import type { StoredMessage } from '../../../schemas/messages.js';
import type { ApiContext } from '../../context.js';
import { wantsJson } from '../../requests.js';
import { queryValue } from '../../validation.js';
import { csrfDigest, ensureCsrfToken, maskCsrfToken } from '../csrf.js';
import { checkReturnTo } from '../return-to.js';
import { findSession } from '../session.js';
import type { ContinueWith } from './view.js';
import { recoveryFlowView } from './view.js';

/** `GET /self-service/recovery/api`: one row, no workflow; bots cost a row that is reaped. */
export async function beginForApp(ctx: ApiContext, request: FastifyRequest, reply: FastifyReply): Promise<unknown> {
  await assertMayBegin(ctx, request);
  const flow = await newFlow(ctx, { type: 'api', requestUrl: publicUrl(ctx, request), returnTo: null });
  return reply.send(recoveryFlowView(ctx, flow));
}

/** `GET /self-service/recovery/browser`: JSON for single-page apps, otherwise on to the recovery page. */
export async function beginForBrowser(ctx: ApiContext, request: FastifyRequest, reply: FastifyReply): Promise<unknown> {
  const json = wantsJson(request);
  if (!json && (await findSession(ctx, request))) {
    return reply.redirect(ctx.config.selfservice.defaultBrowserReturnUrl, 302);
  }
  await assertMayBegin(ctx, request);
  const token = ensureCsrfToken(ctx, request, reply);
  const flow = await newFlow(ctx, {
    type: 'browser',
    requestUrl: publicUrl(ctx, request),
    returnTo: checkReturnTo(ctx, queryValue(request.query, 'return_to')),
    csrfDigest: csrfDigest(token),
  });
  if (json) return reply.send(recoveryFlowView(ctx, flow, { csrfToken: maskCsrfToken(token) }));
  return reply.redirect(flowPage(ctx.config.selfservice.flows.recovery.uiUrl, flow.id), 303);
}

async function assertMayBegin(ctx: ApiContext, request: FastifyRequest): Promise<void> {
  assertOffered(ctx);
  if (await findSession(ctx, request)) throw alreadySignedIn();
}

/** @throws LatchkeyError bad_request when people are not offered recovery, or not by the configured method */
export function assertOffered(ctx: ApiContext): void {
  const { flows, methods } = ctx.config.selfservice;
  const off = !flows.recovery.enabled
    ? 'selfservice.flows.recovery.enabled'
    : !methods[flows.recovery.use].enabled && `selfservice.methods.${flows.recovery.use}.enabled`;
  if (off) throw new LatchkeyError('bad_request', { reason: `Recovery is switched off here (${off}).` });
}

/** The answer to recovering while signed in. */
export function alreadySignedIn(): LatchkeyError {
  return new LatchkeyError('session_already_available', {
    reason: 'You are signed in already. Sign out first, or change the password in the settings.',
  });
}

/** Inserts a fresh self-service flow. */
export async function newFlow(
  ctx: ApiContext,
  made: {
    type: 'api' | 'browser';
    requestUrl: string;
    returnTo: string | null;
    csrfDigest?: Buffer | null;
    messages?: StoredMessage[];
  },
): Promise<RecoveryFlow> {
  const { flows, methods } = ctx.config.selfservice;
  const method = flows.recovery.use;
  const now = ctx.now();
  return insertRecoveryFlow(ctx.pool, {
    id: randomUUID(),
    type: made.type,
    origin: 'self',
    method,
    request_url: made.requestUrl,
    return_to: made.returnTo,
    csrf_digest: made.csrfDigest ?? null,
    messages: made.messages ?? [],
    // The newer recovery of Kratos knows codes only.
    address_step: ctx.config.featureFlags.chooseRecoveryAddress && method === 'code' ? 'awaiting_address' : null,
    issued_at: new Date(now),
    code_lifespan_ms: methods[method].lifespanMs,
    expires_at: new Date(now + flows.recovery.lifespanMs),
  });
}

/** How clients are told of a flow that takes the place of another. */
export type ShowRecoveryUi = Extract<ContinueWith, { action: 'show_recovery_ui' }>;

/** Inserts a flow in the place of one that is over, and says where it is. */
export async function replaceFlow(
  ctx: ApiContext,
  old: RecoveryFlow,
  replaced: { requestUrl: string; csrfDigest?: Buffer; messages: StoredMessage[] },
): Promise<ShowRecoveryUi> {
  const flow = await newFlow(ctx, { ...replaced, type: old.type, returnTo: old.return_to });
  const url = flowPage(ctx.config.selfservice.flows.recovery.uiUrl, flow.id);
  return { action: 'show_recovery_ui', flow: { id: flow.id, url } };
}

/** The request's address under the configured base URL: request headers have no say in it. */
export function publicUrl(ctx: ApiContext, request: FastifyRequest): string {
  return new URL(request.url.replace(/^\/+/, ''), ctx.config.serve.public.baseUrl).href.slice(0, 2_000);
}
