import { randomUUID } from 'node:crypto';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { flowPage } from '../../../activities/recovery-links.js';
import { getIdentity } from '../../../activities/store/identities.js';
import type { Identity } from '../../../activities/store/identity-rows.js';
import type { Session } from '../../../activities/store/sessions.js';
import { getSettingsFlow, insertSettingsFlow } from '../../../activities/store/settings-flows.js';
import type { SettingsFlow } from '../../../activities/store/settings-flows.js';
import { LatchkeyError } from '../../../schemas/errors.js';
import type { ApiContext } from '../../context.js';
import { flowIdOf, wantsJson } from '../../requests.js';
import { queryValue } from '../../validation.js';
import { ensureCsrfToken, maskCsrfToken } from '../csrf.js';
import { publicUrl } from '../recovery/begin.js';
import { checkReturnTo } from '../return-to.js';
import { requireSession } from '../session.js';
import { settingsFlowView } from './view.js';

/** A settings flow with those that it belongs to. */
export interface OpenSettings {
  flow: SettingsFlow;
  session: Session;
  identity: Identity;
}

/** `GET /self-service/settings/api` and `/browser`. */
export async function beginSettings(
  ctx: ApiContext,
  type: 'api' | 'browser',
  request: FastifyRequest,
  reply: FastifyReply,
): Promise<unknown> {
  const session = await requireSession(ctx, request);
  const identity = await ownerOf(ctx, session);
  const now = ctx.now();
  const flow: SettingsFlow = {
    id: randomUUID(),
    type,
    identity_id: identity.id,
    state: 'show_form',
    request_url: publicUrl(ctx, request),
    return_to: checkReturnTo(ctx, queryValue(request.query, 'return_to')),
    messages: [],
    issued_at: new Date(now),
    expires_at: new Date(now + ctx.config.selfservice.flows.settings.lifespanMs),
  };
  await insertSettingsFlow(ctx.pool, flow);
  if (type === 'browser' && !wantsJson(request)) {
    return reply.redirect(flowPage(ctx.config.selfservice.flows.settings.uiUrl, flow.id), 303);
  }
  return reply.send(settingsFlowView(ctx, flow, identity, { csrfToken: settingsCsrf(ctx, flow, request, reply) }));
}

/** `GET /self-service/settings/flows?id=`. */
export async function fetchSettings(ctx: ApiContext, request: FastifyRequest, reply: FastifyReply): Promise<unknown> {
  const { flow, identity } = await openSettings(ctx, request, 'id');
  return reply.send(settingsFlowView(ctx, flow, identity, { csrfToken: settingsCsrf(ctx, flow, request, reply) }));
}

/** The masked CSRF token for a browser; empty for apps. */
export function settingsCsrf(ctx: ApiContext, flow: SettingsFlow, request: FastifyRequest, reply: FastifyReply): string {
  return flow.type === 'browser' ? maskCsrfToken(ensureCsrfToken(ctx, request, reply)) : '';
}

/**
 * The flow that a request names, for the person it was opened for.
 * @throws LatchkeyError unauthorized, not_found, identity_mismatch or flow_expired
 */
export async function openSettings(
  ctx: ApiContext,
  request: FastifyRequest,
  parameter: 'flow' | 'id',
): Promise<OpenSettings> {
  const id = flowIdOf(request, parameter);
  const session = await requireSession(ctx, request);
  const flow = await getSettingsFlow(ctx.pool, id);
  if (!flow) throw new LatchkeyError('not_found', { reason: 'There is no settings flow with this id. Start a new one.' });
  if (flow.identity_id !== session.identity_id) {
    throw new LatchkeyError('identity_mismatch', {
      reason: 'These settings were opened for another account. Open the settings again.',
    });
  }
  if (ctx.now() >= flow.expires_at.getTime()) {
    const again = new URL(`self-service/settings/${flow.type}`, ctx.config.serve.public.baseUrl).href;
    throw new LatchkeyError('flow_expired', {
      reason: `This page expired at ${flow.expires_at.toISOString()}. Open the settings again.`,
      details: flow.type === 'api' ? { api: again } : { redirect_to: again },
    });
  }
  return { flow, session, identity: await ownerOf(ctx, session) };
}

/** The session's person. @throws LatchkeyError unauthorized when the account is gone or disabled */
export async function ownerOf(ctx: ApiContext, session: Session): Promise<Identity> {
  const identity = await getIdentity(ctx.pool, session.identity_id);
  if (identity?.state === 'active') return identity;
  throw new LatchkeyError('unauthorized', { reason: 'This account is disabled or was deleted.' });
}
