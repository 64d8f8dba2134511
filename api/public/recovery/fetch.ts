import type { FastifyReply, FastifyRequest } from 'fastify';
import { flowPage } from '../../../platform/links.js';
import { getRecoveryFlow } from '../../../activities/store/recovery-flows.js';
import type { RecoveryFlow } from '../../../activities/store/recovery-flows.js';
import { LatchkeyError } from '../../../schemas/errors.js';
import type { ApiContext } from '../../context.js';
import { flowIdOf } from '../../requests.js';
import { csrfDigest, ensureCsrfToken, maskCsrfToken, presentCsrfToken } from '../csrf.js';
import { inviteOfFlow, noteOpened } from '../invites/open-invite.js';
import { assertOffered } from './begin.js';
import { recoveryFlowView } from './view.js';

/** `GET /self-service/recovery/flows?id=`: the flow as it stands. Changes nothing but that an invite was looked at. */
export async function fetchRecoveryFlow(
  ctx: ApiContext,
  request: FastifyRequest,
  reply: FastifyReply,
): Promise<unknown> {
  const flow = await openRecoveryFlow(ctx, flowIdOf(request, 'id'));
  if (flow.invite_id !== null) await noteOpened(ctx, request, await inviteOfFlow(ctx, flow));
  return reply.send(recoveryFlowView(ctx, flow, { csrfToken: csrfTokenFor(ctx, flow, request, reply) }));
}

/**
 * The masked token for a browser that may see the flow; empty for flows of apps and administrators, which have no
 * browser of their own. @throws LatchkeyError csrf_violation in another browser than the one that began it.
 */
export function csrfTokenFor(
  ctx: ApiContext,
  flow: Pick<RecoveryFlow, 'type' | 'csrf_digest'>,
  request: FastifyRequest,
  reply: FastifyReply,
): string {
  if (flow.type === 'api') return '';
  if (flow.csrf_digest !== null) {
    const present = presentCsrfToken(ctx, request);
    if (!present || !csrfDigest(present).equals(flow.csrf_digest)) {
      throw new LatchkeyError('csrf_violation', {
        reason: 'This page was opened in another browser, or before you signed in. Go on there, or start again here.',
      });
    }
  }
  return maskCsrfToken(ensureCsrfToken(ctx, request, reply));
}

/** A flow that is not expired. @throws LatchkeyError not_found, bad_request when recovery is off, flow_expired or gone */
export async function openRecoveryFlow(ctx: ApiContext, id: string): Promise<RecoveryFlow> {
  const flow = await getRecoveryFlow(ctx.pool, id);
  if (!flow) {
    throw new LatchkeyError('not_found', { reason: 'There is no recovery with this id. Start a new one.' });
  }
  if (flow.origin === 'self') assertOffered(ctx);
  if (!isExpired(ctx, flow)) return flow;
  const base = ctx.config.serve.public.baseUrl;
  if (flow.type === 'api') {
    throw new LatchkeyError('flow_expired', {
      reason: `This recovery expired at ${flow.expires_at.toISOString()}. Start a new one.`,
      details: { api: new URL('self-service/recovery/api', base).href },
    });
  }
  // The page of an invite tells what has become of it.
  const page = flow.invite_id === null ? undefined : flowPage(ctx.config.invites.uiUrl, flow.id);
  const redirectTo = new URL(page ?? 'self-service/recovery/browser', base);
  if (flow.return_to !== null && page === undefined) redirectTo.searchParams.set('return_to', flow.return_to);
  throw new LatchkeyError('gone', {
    reason: 'This recovery has expired. Send the browser to redirect_to to start a new one.',
    details: { redirect_to: redirectTo.href, return_to: flow.return_to ?? '' },
  });
}

/** Deadlines hold when read: true once the time has come, whether or not a worker has noticed. */
export function isExpired(ctx: ApiContext, flow: RecoveryFlow): boolean {
  return flow.outcome === 'expired' || (flow.state !== 'passed_challenge' && ctx.now() >= flow.expires_at.getTime());
}
