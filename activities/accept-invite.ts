import type { Config } from '../platform/config/config.js';
import { lockOpenInviteOf, saveInvite, statusAt, stepInvite } from './store/invites.js';
import type { Invite } from './store/invites.js';
import { isAddressVerified, removeCredentials } from './store/planted-credentials.js';
import type { RecoveryFlow } from './store/recovery-flows.js';
import { revokeOtherSessions } from './store/sessions.js';
import type { Queryable } from './store/statement.js';
import { markAddressVerified } from './store/verifiable-addresses.js';

/**
 * The right code was entered into `flow`, and opened the session `sessionId`. If the person has an open invite, whoever
 * planted sessions or credentials on its address, before anybody had proved to own it, loses them now; and a code that
 * was mailed there proves the address. The invite waits for the new credential, at least as long as the session is
 * privileged. Call it in the transaction that opens the session; {@link lockPerson} comes first.
 */
export async function letInviteeIn(
  db: Queryable,
  config: Config,
  entered: { flow: RecoveryFlow; identityId: string; sessionId: string; now: Date },
): Promise<void> {
  const { flow, identityId, sessionId, now } = entered;
  const invite = await lockOpenInviteOf(db, identityId);
  if (!invite || statusAt(invite, now) === 'expired') return;
  const byInvite = flow.invite_id === invite.id;
  if (byInvite) stepInvite(invite, 'page_opened', now, 'invitee');
  const privilegedUntil = now.getTime() + config.selfservice.flows.settings.privilegedSessionMaxAgeMs;
  invite.expires_at = new Date(Math.max(invite.expires_at.getTime(), privilegedUntil));
  await saveInvite(db, invite);

  if (invite.address === null || !(await isAddressVerified(db, identityId, invite.address))) {
    await revokeOtherSessions(db, identityId, sessionId);
    await removeCredentials(db, identityId, now);
  }
  // A code that the caller brought to the person proves nothing about a mailbox.
  if (byInvite && invite.delivery === 'email' && invite.address !== null) {
    await markAddressVerified(db, identityId, invite.address, now);
  }
}

/**
 * The person has set a credential after a recovery or with the code of an invite: their open invite is accepted. Returns
 * it, or null. Call it in the transaction that sets the credential; {@link lockPerson} comes first.
 */
export async function acceptInvite(db: Queryable, identityId: string, now: Date): Promise<Invite | null> {
  const invite = await lockOpenInviteOf(db, identityId);
  if (!invite || statusAt(invite, now) === 'expired' || !stepInvite(invite, 'credential_set', now, 'invitee'))
    return null;
  await saveInvite(db, invite);
  return invite;
}
