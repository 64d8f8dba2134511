import type { FastifyRequest } from 'fastify';
import { getInvite, saveInvite, statusAt, stepInvite } from '../../../activities/store/invites.js';
import type { Invite } from '../../../activities/store/invites.js';
import { getRecoveryFlow } from '../../../activities/store/recovery-flows.js';
import type { RecoveryFlow } from '../../../activities/store/recovery-flows.js';
import { inTransaction } from '../../../platform/postgres.js';
import { LatchkeyError } from '../../../schemas/errors.js';
import { INVITE_LIFECYCLE } from '../../../workflows/domain/invite-lifecycle.js';
import type { InviteStatus } from '../../../workflows/domain/invite-lifecycle.js';
import type { ApiContext } from '../../context.js';
import { flowIdOf } from '../../requests.js';

/**
 * What an invitee finds: an invite that ended, or one that is
 * - `open`: its code can be entered,
 * - `entered`: it was, and a credential can be set,
 * - `used_up`: its code opens nothing any more, for wrong tries, or for a credential that was not set in time,
 * - `replaced`: a newer message was sent than the one that leads here.
 */
export type Situation =
  'open' | 'entered' | 'used_up' | 'replaced' | Extract<InviteStatus, 'accepted' | 'declined' | 'expired' | 'revoked'>;

/** An invite as its invitee comes to it: by one of its flows. */
export interface FoundInvite {
  invite: Invite;
  flow: RecoveryFlow;
  situation: Situation;
  /** What the invitee may ask for. */
  may: { accept: boolean; decline: boolean; renew: boolean };
}

/** The invite of the flow that a request names. @throws LatchkeyError bad_request, not_found */
export async function findInvite(ctx: ApiContext, request: FastifyRequest): Promise<FoundInvite> {
  const invited = await inviteOfFlow(ctx, await getRecoveryFlow(ctx.pool, flowIdOf(request, 'flow')));
  if (invited) return invited;
  throw new LatchkeyError('not_found', { reason: 'There is no invite here. Open the newest message about it.' });
}

/** The invite that a flow belongs to, as its invitee finds it; undefined when it belongs to none. */
export async function inviteOfFlow(ctx: ApiContext, flow: RecoveryFlow | undefined): Promise<FoundInvite | undefined> {
  const invite = flow?.invite_id ? await getInvite(ctx.pool, flow.invite_id) : undefined;
  return flow && invite && asFound(ctx, invite, flow);
}

/** An invite with one of its flows, as its invitee finds it. */
export function asFound(ctx: ApiContext, invite: Invite, flow: RecoveryFlow): FoundInvite {
  const situation = situationOf(invite, flow, new Date(ctx.now()));
  const renewable = situation === 'expired' || situation === 'used_up';
  return {
    invite,
    flow,
    situation,
    may: {
      accept: situation === 'open',
      decline: situation === 'open' || situation === 'used_up',
      // Nobody here could bring a new code to the invitee of a caller who does that.
      renew: renewable && ctx.config.invites.selfRenewal && invite.delivery === 'email',
    },
  };
}

function situationOf(invite: Invite, flow: RecoveryFlow, now: Date): Situation {
  const status = statusAt(invite, now);
  if (status === 'accepted' || status === 'declined' || status === 'expired' || status === 'revoked') return status;
  if (invite.flow_id !== flow.id) return 'replaced';
  if (flow.outcome !== null) return 'used_up';
  return flow.state === 'passed_challenge' ? 'entered' : 'open';
}

/** Notes that the invitee has looked at an open invite. Nothing is used up by it. */
export async function noteOpened(
  ctx: ApiContext,
  request: FastifyRequest,
  invited: FoundInvite | undefined,
): Promise<void> {
  // Mail scanners ask with HEAD, too.
  if (!invited?.may.accept || request.method !== 'GET' || !opens(invited.invite)) return;
  await inTransaction(ctx.pool, async (client) => {
    const invite = await getInvite(client, invited.invite.id, { lock: true });
    if (invite && stepInvite(invite, 'page_opened', new Date(ctx.now()), 'invitee')) await saveInvite(client, invite);
  });
}

function opens({ status }: Invite): boolean {
  return INVITE_LIFECYCLE[status].page_opened !== undefined;
}
