import { randomUUID } from 'node:crypto';
import { endFlow } from '../end-flow.js';
import type { InviteDeps } from './lock-invite.js';
import { recoveryChallenge } from '../recovery-challenge.js';
import { saveInvite, stepInvite } from './invites.js';
import type { Invite } from './invites.js';
import { emailAddressesOf } from './recovery-addresses.js';
import { insertRecoveryFlow } from './recovery-flows.js';
import type { RecoveryFlow } from './recovery-flows.js';
import type { Queryable } from './statement.js';

/** Why an open invite ends before it is accepted. */
export type CloseEvent = 'declined' | 'deadline_passed' | 'revoke_asked';

/** Ends a locked invite, and its code with it. False, and nothing done, when it had ended before. */
export async function closeInvite(
  db: Queryable,
  deps: InviteDeps,
  invite: Invite,
  event: CloseEvent,
  by?: string,
): Promise<boolean> {
  if (!stepInvite(invite, event, new Date(deps.now()), by)) return false;
  await saveInvite(db, invite);
  await endFlow(db, deps, recoveryChallenge, {
    flowId: invite.flow_id,
    event: event === 'deadline_passed' ? 'deadline_passed' : 'cancel_asked',
  });
  return true;
}

/**
 * Gives a locked invite a new code and, from now on, another `lifespanMs` to live; the old code stops working. False,
 * and nothing done, when the invite cannot be renewed. `mails` overrules the invite's own way of delivery.
 */
export async function renewInvite(
  db: Queryable,
  deps: InviteDeps,
  invite: Invite,
  renewed: { lifespanMs: number; by: string; mails?: boolean; flowId?: string },
): Promise<boolean> {
  const now = new Date(deps.now());
  if (!stepInvite(invite, 'renewed', now, renewed.by)) return false;
  invite.expires_at = new Date(now.getTime() + renewed.lifespanMs);
  await chooseAddress(db, invite);
  const mails = renewed.mails ?? invite.delivery === 'email';
  if (mails) Object.assign(invite, { mails: invite.mails + 1, mail_kind: 'invite' });
  else stepInvite(invite, 'mail_taken', now, renewed.by);
  await replaceCode(db, deps, invite, renewed.flowId);
  return true;
}

/** Puts a new code in the place of a locked invite's; the deadline stays. */
export async function replaceCode(
  db: Queryable,
  deps: InviteDeps,
  invite: Invite,
  flowId: string = randomUUID(),
): Promise<void> {
  await endFlow(db, deps, recoveryChallenge, { flowId: invite.flow_id, event: 'cancel_asked' });
  invite.flow_id = flowId;
  await saveInvite(db, invite);
  await insertInviteFlow(db, deps, invite);
}

/** Inserts the recovery flow that is the invite's code: an administrator's, for the address of the invite. */
export function insertInviteFlow(
  db: Queryable,
  deps: Pick<InviteDeps, 'config' | 'now'>,
  invite: Invite,
): Promise<RecoveryFlow> {
  const now = new Date(deps.now());
  return insertRecoveryFlow(db, {
    id: invite.flow_id,
    type: invite.flow_type,
    origin: 'admin',
    method: invite.method,
    state: 'sent_email',
    identity_id: invite.identity_id,
    address: invite.address,
    invite_id: invite.id,
    issue: 1,
    request_url: new URL('admin/invites', deps.config.serve.admin.baseUrl).href,
    return_to: invite.return_to,
    issued_at: now,
    code_lifespan_ms: Math.max(invite.expires_at.getTime() - now.getTime(), 1),
    code_expires_at: invite.expires_at,
    expires_at: invite.expires_at,
  });
}

/** An address that the person has no more is replaced by one that they have: typing mistakes get mended. */
async function chooseAddress(db: Queryable, invite: Invite): Promise<void> {
  const addresses = await emailAddressesOf(db, invite.identity_id);
  if (invite.address === null || addresses.includes(invite.address)) return;
  invite.address = addresses[0] ?? null;
}
