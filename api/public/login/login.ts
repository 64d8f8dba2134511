import { randomUUID } from 'node:crypto';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { flowPage } from '../../../activities/recovery-links.js';
import { getLoginFlow, insertLoginFlow } from '../../../activities/store/login-flows.js';
import type { LoginFlow } from '../../../activities/store/login-flows.js';
import { LatchkeyError } from '../../../schemas/errors.js';
import type { StoredMessage } from '../../../schemas/messages.js';
import { uiText } from '../../../schemas/messages.js';
import type { ApiContext } from '../../context.js';
import { flowIdOf, wantsJson } from '../../requests.js';
import { csrfNode, inputNode, submitNode, withMessages } from '../../ui-nodes.js';
import type { Ui } from '../../ui-nodes.js';
import { queryFlag, queryValue } from '../../validation.js';
import { csrfDigest, ensureCsrfToken, maskCsrfToken, presentCsrfToken } from '../csrf.js';
import { alreadySignedIn, publicUrl } from '../recovery/begin.js';
import { checkReturnTo } from '../return-to.js';
import { findSession } from '../session.js';

/** `GET /self-service/login/api` and `/browser`. */
export async function beginLogin(
  ctx: ApiContext,
  type: 'api' | 'browser',
  request: FastifyRequest,
  reply: FastifyReply,
): Promise<unknown> {
  const refresh = queryFlag(request.query, 'refresh') ?? false;
  const json = type === 'api' || wantsJson(request);
  if (!refresh && (await findSession(ctx, request))) {
    if (json) throw alreadySignedIn();
    return reply.redirect(ctx.config.selfservice.defaultBrowserReturnUrl, 302);
  }
  const now = ctx.now();
  const token = type === 'browser' ? ensureCsrfToken(ctx, request, reply) : null;
  const flow: LoginFlow = {
    id: randomUUID(),
    type,
    refresh,
    requested_aal: 'aal1',
    csrf_digest: token && csrfDigest(token),
    request_url: publicUrl(ctx, request),
    return_to: checkReturnTo(ctx, queryValue(request.query, 'return_to')),
    messages: refresh ? [{ message: 'login_refresh' }] : [],
    issued_at: new Date(now),
    expires_at: new Date(now + ctx.config.selfservice.flows.login.lifespanMs),
  };
  await insertLoginFlow(ctx.pool, flow);
  if (!json) return reply.redirect(flowPage(ctx.config.selfservice.flows.login.uiUrl, flow.id), 303);
  return reply.send(loginFlowView(ctx, flow, { csrfToken: token ? maskCsrfToken(token) : '' }));
}

/** `GET /self-service/login/flows?id=`. */
export async function fetchLogin(ctx: ApiContext, request: FastifyRequest, reply: FastifyReply): Promise<unknown> {
  const flow = await openLogin(ctx, flowIdOf(request, 'id'));
  return reply.send(loginFlowView(ctx, flow, { csrfToken: loginCsrf(ctx, flow, request, reply) }));
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
  const flow = await getLoginFlow(ctx.pool, id);
  if (!flow) throw new LatchkeyError('not_found', { reason: 'There is no login flow with this id. Start a new one.' });
  if (ctx.now() < flow.expires_at.getTime()) return flow;
  const again = new URL(`self-service/login/${flow.type}`, ctx.config.serve.public.baseUrl).href;
  throw new LatchkeyError('flow_expired', {
    reason: `This page expired at ${flow.expires_at.toISOString()}. Start again.`,
    details: flow.type === 'api' ? { api: again } : { redirect_to: again },
  });
}

/** A login flow as Kratos' clients know it. */
export function loginFlowView(
  ctx: ApiContext,
  flow: LoginFlow,
  options: { csrfToken?: string; identifier?: string; messages?: readonly StoredMessage[] } = {},
): Record<string, unknown> & { ui: Ui } {
  const action = new URL('self-service/login', ctx.config.serve.public.baseUrl);
  action.searchParams.set('flow', flow.id);
  const nodes = [
    csrfNode(options.csrfToken ?? ''),
    inputNode(
      'default',
      { name: 'identifier', type: 'text', value: options.identifier ?? '', required: true },
      identifierLabel(ctx),
    ),
    inputNode(
      'password',
      { name: 'password', type: 'password', required: true, autocomplete: 'current-password' },
      uiText('label_password'),
    ),
    submitNode('password', 'method', 'password', 'label_sign_in'),
  ];
  return {
    id: flow.id,
    organization_id: null,
    type: flow.type,
    expires_at: flow.expires_at.toISOString(),
    issued_at: flow.issued_at.toISOString(),
    request_url: flow.request_url,
    ...(flow.return_to !== null && { return_to: flow.return_to }),
    ui: withMessages({ action: action.href, method: 'POST', nodes }, options.messages ?? flow.messages),
    created_at: flow.issued_at.toISOString(),
    updated_at: flow.issued_at.toISOString(),
    refresh: flow.refresh,
    requested_aal: flow.requested_aal,
    state: 'choose_method',
  };
}

/** The login name is labelled like the trait that it comes from. */
function identifierLabel(ctx: ApiContext) {
  const fields = ctx.identitySchemas.fields(ctx.config.identity.defaultSchemaId);
  const field = fields.find(({ type }) => type === 'email') ?? fields[0];
  return uiText('label_trait', { name: field?.name ?? 'identifier', title: field?.title ?? 'Login name' });
}
