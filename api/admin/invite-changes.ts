import { randomUUID } from 'node:crypto';
import type { FastifyRequest } from 'fastify';
import { closeInvite, renewInvite } from '../../activities/store/change-invite.js';
import { lockInvite } from '../../activities/store/lock-invite.js';
import { claimIdempotencyKey } from '../../activities/store/idempotency.js';
import { lockOpenInviteOf, saveInvite, statusAt, stepInvite } from '../../activities/store/invites.js';
import type { Invite } from '../../activities/store/invites.js';
import type { Queryable } from '../../activities/store/statement.js';
import { inTransaction } from '../../platform/postgres.js';
import { LatchkeyError } from '../../schemas/errors.js';
import { DeliveryReportBody, ResendInviteBody, RevokeInviteBody } from '../../schemas/invites.js';
import type { JsonObject } from '../../schemas/json.js';
import type { InviteStatus } from '../../workflows/domain/invite-lifecycle.js';
import type { ApiContext } from '../context.js';
import { idempotencyKey } from '../idempotency-key.js';
import { tellInvite } from '../invite-workflow.js';
import { bodyParser, pathId } from '../validation.js';
import { adminKeyId } from './caller.js';
import { lifeOf } from './expires-in.js';
import { longestInvite } from './invite-creation.js';

const parseResend = bodyParser(ResendInviteBody);
const parseRevoke = bodyParser(RevokeInviteBody);
const parseReport = bodyParser(DeliveryReportBody);

/**
 * `POST /admin/invites/{id}/resend`: a new code, a new deadline and a new mail; the old code stops working. Of an
 * expired invite, too.
 *
 * @throws LatchkeyError invite_state when it was accepted, declined or revoked
 */
export async function resendInvite(ctx: ApiContext, request: FastifyRequest): Promise<Invite> {
  const id = pathId(request.params);
  const body = parseResend(request.body ?? {});
  const key = idempotencyKey(request);
  const longest = longestInvite(ctx);
  const invite = await changeInvite(ctx, id, async (client, locked) => {
    const flowId = randomUUID();
    if (key !== undefined) {
      const keyed = { route: `POST /admin/invites/${id}/resend`, key, body: body as JsonObject };
      if ((await claimIdempotencyKey(client, keyed, flowId, new Date(ctx.now()))) !== flowId) return;
    }
    await assertOnlyOpen(client, locked);
    const lifespanMs = lifeOf(body.expires_in, locked.lifespan_ms, longest);
    const by = adminKeyId(ctx, request) ?? 'admin';
    if (!(await renewInvite(client, ctx, locked, { lifespanMs, by, flowId })))
      throw inviteState(locked.status, 'resent');
  });
  await tellInvite(ctx, invite);
  return invite;
}

/**
 * `POST /admin/invites/{id}/revoke`: ends an open invite; its code stops working. Of a revoked one it changes nothing.
 *
 * @throws LatchkeyError invite_state when it had ended otherwise
 */
export async function revokeInvite(ctx: ApiContext, request: FastifyRequest): Promise<Invite> {
  parseRevoke(request.body ?? {});
  const invite = await changeInvite(ctx, pathId(request.params), async (client, locked) => {
    const status = statusAt(locked, new Date(ctx.now()));
    if (status === 'revoked') return;
    const by = adminKeyId(ctx, request) ?? 'admin';
    if (status === 'expired' || !(await closeInvite(client, ctx, locked, 'revoke_asked', by))) {
      throw inviteState(status, 'revoked');
    }
  });
  await tellInvite(ctx, invite);
  return invite;
}

/**
 * `POST /admin/invites/{id}/delivery`: what became of the mail after the mail server took it, as its provider reports.
 * A report that comes late changes nothing.
 */
export async function reportDelivery(ctx: ApiContext, request: FastifyRequest): Promise<Invite> {
  const { status } = parseReport(request.body ?? {});
  return changeInvite(ctx, pathId(request.params), async (client, locked) => {
    const event = status === 'delivered' ? 'arrival_reported' : 'bounce_reported';
    if (stepInvite(locked, event, new Date(ctx.now()), adminKeyId(ctx, request) ?? 'admin')) {
      await saveInvite(client, locked);
    }
  });
}

/** The answer to a change for which it is too late. `verb`: what cannot be done, as a participle. */
export function inviteState(status: InviteStatus, verb: string): LatchkeyError {
  return new LatchkeyError('invite_state', {
    reason: `This invite is ${status}: it cannot be ${verb}.`,
    details: { status },
  });
}

/** Reads, changes and writes an invite while nobody else can. @throws LatchkeyError not_found */
async function changeInvite(
  ctx: ApiContext,
  id: string,
  change: (client: Queryable, locked: Invite) => Promise<void>,
): Promise<Invite> {
  return inTransaction(ctx.pool, async (client) => {
    const locked = await lockInvite(client, ctx, id);
    if (!locked) throw new LatchkeyError('not_found', { reason: 'There is no invite with this id.' });
    await change(client, locked);
    return locked;
  });
}

/** A person has one open invite at a time: an expired one is not renewed beside it. */
async function assertOnlyOpen(client: Queryable, invite: Invite): Promise<void> {
  const open = await lockOpenInviteOf(client, invite.identity_id);
  if (!open || open.id === invite.id) return;
  throw new LatchkeyError('invite_state', {
    reason: `This invite is ${invite.status}, and its person has a newer one that is open (${open.status}).`,
    details: { status: invite.status, open_invite_id: open.id },
  });
}
