import type { FastifyReply, FastifyRequest } from 'fastify';
import { closeInvite, renewInvite } from '../../../activities/store/change-invite.js';
import { lockInvite } from '../../../activities/store/lock-invite.js';
import { lockOpenInviteOf } from '../../../activities/store/invites.js';
import { getRecoveryFlow } from '../../../activities/store/recovery-flows.js';
import type { Queryable } from '../../../activities/store/statement.js';
import { inTransaction } from '../../../platform/postgres.js';
import { LatchkeyError } from '../../../schemas/errors.js';
import { InviteClickBody } from '../../../schemas/invites.js';
import type { ApiContext } from '../../context.js';
import { tellInvite } from '../../invite-workflow.js';
import { bodyParser } from '../../validation.js';
import { checkCsrf, refuseBrowser } from '../csrf.js';
import { answerInvite } from './answers.js';
import { findInvite, asFound } from './open-invite.js';
import type { FoundInvite } from './open-invite.js';

const parse = bodyParser(InviteClickBody);

/** `GET /self-service/invites?flow=`: the invite as its invitee finds it, for pages of your own. */
export async function fetchInvite(ctx: ApiContext, request: FastifyRequest, reply: FastifyReply): Promise<unknown> {
  return answerInvite(ctx, await findInvite(ctx, request), request, reply);
}

/**
 * `POST /self-service/invites/decline?flow=`: the invitee does not want it. Needs the link of the newest message.
 *
 * @throws LatchkeyError invite_state when it is too late for that
 */
export async function declineInvite(ctx: ApiContext, request: FastifyRequest, reply: FastifyReply): Promise<unknown> {
  return click(ctx, request, reply, 'declined', async (client, { invite, may }) => {
    return may.decline && (await closeInvite(client, ctx, invite, 'declined', 'invitee'));
  });
}

/**
 * `POST /self-service/invites/renew?flow=`: a new code goes to the address that was invited.
 *
 * @throws LatchkeyError forbidden when the configuration or the invite does not allow it; invite_state when there is
 *   nothing to renew
 */
export async function renewOwnInvite(ctx: ApiContext, request: FastifyRequest, reply: FastifyReply): Promise<unknown> {
  return click(ctx, request, reply, 'renewed', async (client, { invite, may }) => {
    if (!may.renew) return false;
    const open = await lockOpenInviteOf(client, invite.identity_id);
    if (open && open.id !== invite.id) return false;
    return renewInvite(client, ctx, invite, { lifespanMs: invite.lifespan_ms, by: 'invitee' });
  });
}

/** One click of an invitee. `change` gets the locked invite; false when it is too late for that. */
async function click(
  ctx: ApiContext,
  request: FastifyRequest,
  reply: FastifyReply,
  verb: 'declined' | 'renewed',
  change: (client: Queryable, locked: FoundInvite) => Promise<boolean>,
): Promise<unknown> {
  const body = parse(request.body ?? {});
  const found = await findInvite(ctx, request);
  if (found.flow.type === 'browser') checkCsrf(ctx, request, body.csrf_token);
  else refuseBrowser(request);
  if (verb === 'renewed') assertRenewable(ctx, found);

  const changed = await inTransaction(ctx.pool, async (client) => {
    const invite = await lockInvite(client, ctx, found.invite.id);
    const flow = await getRecoveryFlow(client, found.flow.id);
    return invite !== undefined && flow !== undefined && (await change(client, asFound(ctx, invite, flow)));
  });
  const now = await findInvite(ctx, request);
  // The same click again finds it done.
  const isDone = now.situation === (verb === 'declined' ? 'declined' : 'replaced');
  if (!changed && !isDone) {
    throw new LatchkeyError('invite_state', {
      reason: `This invite cannot be ${verb}: it is ${now.situation}.`,
      details: { status: now.invite.status, situation: now.situation },
    });
  }
  // Also when it was done before: perhaps nobody could be told then.
  await tellInvite(ctx, now.invite);
  return answerInvite(ctx, now, request, reply);
}

function assertRenewable(ctx: ApiContext, { invite }: FoundInvite): void {
  if (!ctx.config.invites.selfRenewal) {
    throw new LatchkeyError('forbidden', {
      reason: 'Invitees cannot renew their invite here (invites.self_renewal). Ask whoever invited you.',
    });
  }
  if (invite.delivery !== 'none') return;
  throw new LatchkeyError('forbidden', {
    reason: 'The code of this invite is not sent from here. Ask whoever invited you for a new one.',
  });
}
