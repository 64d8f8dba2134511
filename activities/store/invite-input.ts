import type { Config } from '../../platform/config/config.js';
import type { InviteInput } from '../../workflows/messages.js';
import type { Invite } from './invites.js';

/** What the workflow of an invite starts with. */
export function inviteInput(config: Config, invite: Pick<Invite, 'id' | 'delivery' | 'reminders_ms'>): InviteInput {
  return {
    inviteId: invite.id,
    // Who brings the code to the invitee reminds them, too.
    remindersMs: invite.delivery === 'email' ? invite.reminders_ms : [],
    ...(config.invites.webHooks.length > 0 && { hooks: true }),
  };
}
