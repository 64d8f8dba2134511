import { inviteInput } from '../activities/store/invite-input.js';
import type { Invite } from '../activities/store/invites.js';
import { isOpen } from '../workflows/domain/invite-lifecycle.js';
import type { ApiContext } from './context.js';
import type { InviteFacts } from './temporal.js';

type Context = Pick<ApiContext, 'config' | 'workflows'>;

/** Starts the invite's workflow, unless it is running; true when this call started it. */
export function startInvite(ctx: Context, invite: Invite): Promise<boolean> {
  return ctx.workflows.startInvite(inviteInput(ctx.config, invite), factsOf(invite));
}

/** Tells the invite's workflow that the row has changed; starts it if it is not running and has something to do. */
export async function tellInvite(ctx: Context, invite: Invite): Promise<void> {
  // A notice is owed to those who accepted.
  if (isOpen(invite.status) || invite.status === 'accepted') {
    await ctx.workflows.tellInvite(inviteInput(ctx.config, invite), factsOf(invite));
  } else {
    await ctx.workflows.tellEndedInvite(invite.id);
  }
}

function factsOf({ method, identity_id: identityId, expires_at: expiresAt }: Invite): InviteFacts {
  return { method, identityId, expiresAt };
}
