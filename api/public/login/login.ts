import { randomUUID } from 'node:crypto';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { flowPage } from '../../../platform/links.js';
import { getLoginFlow, insertLoginFlow } from '../../../activities/store/login-flows.js';
import type { LoginFlow } from '../../../activities/store/login-flows.js';
import type { Session } from '../../../activities/store/sessions.js';
import { LatchkeyError } from '../../../schemas/errors.js';
import type { StoredMessage } from '../../../schemas/messages.js';
import type { ApiContext } from '../../context.js';
import { flowIdOf, wantsJson } from '../../requests.js';
import { badRequest, queryFlag, queryValue } from '../../validation.js';
import { csrfDigest, ensureCsrfToken, maskCsrfToken, presentCsrfToken } from '../csrf.js';
import { publicUrl } from '../recovery/begin.js';
import { checkReturnTo } from '../return-to.js';
import { findSession } from '../session.js';
import { loginFlowView } from './view.js';

/** `GET /self-service/login/api` and `/browser`, with `refresh` to sign in once more and `aal` for a second factor. */
export async function beginLogin(
  ctx: ApiContext,
  type: 'api' | 'browser',
  request: FastifyRequest,
  reply: FastifyReply,
): Promise<unknown> {
  const aal = requestedAal(request);
  const session = await findSession(ctx, request);
  if (!session && aal === 'aal2') throw firstFactorFirst(ctx);
  // Who is not signed in cannot sign in once more (Kratos' rule).
  const refresh = queryFlag(request.query, 'refresh') === true && session !== undefined;
  const returnTo = checkReturnTo(ctx, queryValue(request.query, 'return_to'));
  const json = type === 'api' || wantsJson(request);
  if (session && !refresh && reaches(session, aal)) {
    if (json) throw alreadySignedIn();
    return reply.redirect(returnTo ?? ctx.config.selfservice.defaultBrowserReturnUrl, 302);
  }
  const token = type === 'browser' ? ensureCsrfToken(ctx, request, reply) : null;
  const messages: StoredMessage[] = refresh ? [{ message: 'login_refresh' }] : [];
  if (session && !reaches(session, aal)) messages.push({ message: 'login_second_factor' });
  const flow = await newLoginFlow(ctx, {
    type,
    refresh,
    requested_aal: aal,
    identity_id: session?.identity_id ?? null,
    csrf_digest: token && csrfDigest(token),
    request_url: publicUrl(ctx, request),
    return_to: returnTo,
    messages,
  });
  if (!json) return reply.redirect(loginPageOf(ctx, flow), 303);
  return reply.send(await loginFlowView(ctx, flow, { csrfToken: token ? maskCsrfToken(token) : '' }));
}

function requestedAal(request: FastifyRequest): LoginFlow['requested_aal'] {
  const aal = queryValue(request.query, 'aal') ?? 'aal1';
  if (aal === 'aal1' || aal === 'aal2') return aal;
  throw badRequest('aal: must be aal1 or aal2');
}

/** Inserts a login flow. */
export async function newLoginFlow(
  ctx: ApiContext,
  made: Omit<LoginFlow, 'id' | 'issued_at' | 'expires_at'>,
): Promise<LoginFlow> {
  const now = ctx.now();
  const flow: LoginFlow = {
    ...made,
    id: randomUUID(),
    issued_at: new Date(now),
    expires_at: new Date(now + ctx.config.selfservice.flows.login.lifespanMs),
  };
  await insertLoginFlow(ctx.pool, flow);
  return flow;
}

/** The page that shows the flow. */
export function loginPageOf(ctx: ApiContext, flow: LoginFlow): string {
  return flowPage(ctx.config.selfservice.flows.login.uiUrl, flow.id);
}

/** True when the session is at this level already. */
export function reaches(session: Session, aal: LoginFlow['requested_aal']): boolean {
  return aal === 'aal1' || session.aal === 'aal2';
}

/** The answer to signing in while signed in. */
export function alreadySignedIn(): LatchkeyError {
  return new LatchkeyError('session_already_available', {
    reason: 'You are signed in already. Sign out first, or start with refresh=true to sign in once more.',
  });
}

/** The answer to showing a second factor without the first. */
export function firstFactorFirst(ctx: ApiContext): LatchkeyError {
  return new LatchkeyError('session_aal1_required', {
    reason: 'aal: a second factor can only be shown by somebody who is signed in with the first.',
    beside: { redirect_browser_to: new URL('self-service/login/browser', ctx.config.serve.public.baseUrl).href },
  });
}

/** `GET /self-service/login/flows?id=`. */
export async function fetchLogin(ctx: ApiContext, request: FastifyRequest, reply: FastifyReply): Promise<unknown> {
  const flow = await openLogin(ctx, flowIdOf(request, 'id'));
  return reply.send(await loginFlowView(ctx, flow, { csrfToken: loginCsrf(ctx, flow, request, reply) }));
}

/** The masked CSRF token for the flow's browser; empty for apps. @throws LatchkeyError csrf_violation */
export function loginCsrf(ctx: ApiContext, flow: LoginFlow, request: FastifyRequest, reply: FastifyReply): string {
  if (flow.type === 'api') return '';
  const present = presentCsrfToken(ctx, request);
  if (flow.csrf_digest && (!present || !csrfDigest(present).equals(flow.csrf_digest))) {
    throw new LatchkeyError('csrf_violation', {
      reason: 'This page was opened in another browser. Go on there, or start again here.',
    });
  }
  return maskCsrfToken(ensureCsrfToken(ctx, request, reply));
}

/** A flow that is not expired. @throws LatchkeyError not_found or flow_expired */
export async function openLogin(ctx: ApiContext, id: string): Promise<LoginFlow> {
  const flow = await findLogin(ctx, id);
  if (!isExpired(ctx, flow)) return flow;
  const again = new URL(`self-service/login/${flow.type}`, ctx.config.serve.public.baseUrl).href;
  throw new LatchkeyError('flow_expired', {
    reason: `This page expired at ${flow.expires_at.toISOString()}. Start again.`,
    details: flow.type === 'api' ? { api: again } : { redirect_to: again, return_to: flow.return_to ?? '' },
  });
}

/** The same, expired or not. @throws LatchkeyError not_found */
export async function findLogin(ctx: ApiContext, id: string): Promise<LoginFlow> {
  const flow = await getLoginFlow(ctx.pool, id);
  if (flow) return flow;
  throw new LatchkeyError('not_found', { reason: 'There is no login flow with this id. Start a new one.' });
}

/** Deadlines hold when read. */
export function isExpired(ctx: ApiContext, flow: LoginFlow): boolean {
  return ctx.now() >= flow.expires_at.getTime();
}
