import { randomUUID } from 'node:crypto';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { flowPage } from '../../../platform/links.js';
import { getIdentity } from '../../../activities/store/identities.js';
import type { Identity } from '../../../activities/store/identity-rows.js';
import type { Session } from '../../../activities/store/sessions.js';
import { getSettingsFlow, insertSettingsFlow } from '../../../activities/store/settings-flows.js';
import type { SettingsFlow } from '../../../activities/store/settings-flows.js';
import { LatchkeyError } from '../../../schemas/errors.js';
import type { StoredMessage } from '../../../schemas/messages.js';
import type { ApiContext } from '../../context.js';
import { flowIdOf, wantsJson } from '../../requests.js';
import { queryValue } from '../../validation.js';
import { assertAal } from '../aal.js';
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
  const url = publicUrl(ctx, request);
  assertAal(ctx, ctx.config.selfservice.flows.settings.requiredAal, { session, identity }, url);
  const returnTo = checkReturnTo(ctx, queryValue(request.query, 'return_to'));
  const flow = await newSettingsFlow(ctx, { type, identityId: identity.id, requestUrl: url, returnTo });
  if (type === 'browser' && !wantsJson(request)) return reply.redirect(settingsPageOf(ctx, flow), 303);
  const csrfToken = settingsCsrf(ctx, flow, request, reply);
  return reply.send(await settingsFlowView(ctx, { flow, session, identity }, { csrfToken }));
}

/** Inserts a settings flow. */
export function newSettingsFlow(
  ctx: ApiContext,
  made: {
    type: 'api' | 'browser';
    identityId: string;
    requestUrl: string;
    returnTo: string | null;
    messages?: StoredMessage[];
  },
): Promise<SettingsFlow> {
  const now = ctx.now();
  return insertSettingsFlow(ctx.pool, {
    id: randomUUID(),
    type: made.type,
    identity_id: made.identityId,
    state: 'show_form',
    request_url: made.requestUrl,
    return_to: made.returnTo,
    messages: made.messages ?? [],
    issued_at: new Date(now),
    expires_at: new Date(now + ctx.config.selfservice.flows.settings.lifespanMs),
  });
}

/** The page that shows the flow. */
export function settingsPageOf(ctx: ApiContext, flow: SettingsFlow): string {
  return flowPage(ctx.config.selfservice.flows.settings.uiUrl, flow.id);
}

/** Where a browser comes back to the flow; our own address, so that every `return_to` may be it. */
export function settingsReturnUrl(ctx: ApiContext, flow: SettingsFlow): string {
  return flowPage(new URL('self-service/settings', ctx.config.serve.public.baseUrl).href, flow.id);
}

/** `GET /self-service/settings/flows?id=`. */
export async function fetchSettings(ctx: ApiContext, request: FastifyRequest, reply: FastifyReply): Promise<unknown> {
  const opened = await openSettings(ctx, request, 'id');
  const csrfToken = settingsCsrf(ctx, opened.flow, request, reply);
  return reply.send(await settingsFlowView(ctx, opened, { csrfToken }));
}

/** The masked CSRF token for a browser; empty for apps. */
export function settingsCsrf(
  ctx: ApiContext,
  flow: SettingsFlow,
  request: FastifyRequest,
  reply: FastifyReply,
): string {
  return flow.type === 'browser' ? maskCsrfToken(ensureCsrfToken(ctx, request, reply)) : '';
}

/**
 * The flow that a request names, for the person it was opened for, who has shown as many factors as they have.
 * @throws LatchkeyError unauthorized, not_found, identity_mismatch, session_aal2_required or flow_expired
 */
export async function openSettings(
  ctx: ApiContext,
  request: FastifyRequest,
  parameter: 'flow' | 'id',
): Promise<OpenSettings> {
  const opened = await findSettings(ctx, request, parameter);
  const { flow } = opened;
  if (!isExpired(ctx, flow)) return opened;
  const again = new URL(`self-service/settings/${flow.type}`, ctx.config.serve.public.baseUrl).href;
  throw new LatchkeyError('flow_expired', {
    reason: `This page expired at ${flow.expires_at.toISOString()}. Open the settings again.`,
    details: flow.type === 'api' ? { api: again } : { redirect_to: again, return_to: flow.return_to ?? '' },
  });
}

/** The same, expired or not. @throws LatchkeyError unauthorized, not_found, identity_mismatch, session_aal2_required */
export async function findSettings(
  ctx: ApiContext,
  request: FastifyRequest,
  parameter: 'flow' | 'id',
): Promise<OpenSettings> {
  const id = flowIdOf(request, parameter);
  const session = await requireSession(ctx, request);
  const flow = await getSettingsFlow(ctx.pool, id);
  if (!flow) {
    throw new LatchkeyError('not_found', { reason: 'There is no settings flow with this id. Start a new one.' });
  }
  if (flow.identity_id !== session.identity_id) {
    throw new LatchkeyError('identity_mismatch', {
      reason: 'These settings were opened for another account. Open the settings again.',
    });
  }
  const identity = await ownerOf(ctx, session);
  const { requiredAal } = ctx.config.selfservice.flows.settings;
  assertAal(ctx, requiredAal, { session, identity }, settingsReturnUrl(ctx, flow));
  return { flow, session, identity };
}

/** Deadlines hold when read. */
export function isExpired(ctx: ApiContext, flow: SettingsFlow): boolean {
  return ctx.now() >= flow.expires_at.getTime();
}

/** The session's person. @throws LatchkeyError unauthorized when the account is gone or disabled */
export async function ownerOf(ctx: ApiContext, session: Session): Promise<Identity> {
  const identity = await getIdentity(ctx.pool, session.identity_id);
  if (identity?.state === 'active') return identity;
  throw new LatchkeyError('unauthorized', { reason: 'This account is disabled or was deleted.' });
}
