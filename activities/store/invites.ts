import type { JsonValue } from '../../schemas/json.js';
import { INVITE_LIFECYCLE, isOpen } from '../../workflows/domain/invite-lifecycle.js';
import type { InviteEvent, InviteStatus } from '../../workflows/domain/invite-lifecycle.js';
import { statement } from './statement.js';
import type { Queryable } from './statement.js';

/** A step in the life of an invite. */
export interface InviteStep {
  status: InviteStatus;
  /** ISO 8601, UTC. */
  at: string;
  /** Who took it, where that is known: an admin key's id, `invitee` or `operator`. */
  by?: string;
}

/** A row of `invites`. */
export interface Invite {
  id: string;
  identity_id: string;
  status: InviteStatus;
  /** Oldest first; the last one is how it stands. */
  steps: InviteStep[];
  /** The recovery flow in force. */
  flow_id: string;
  flow_type: 'api' | 'browser';
  method: 'code' | 'link';
  /** `none`: the caller brings the code to the invitee. */
  delivery: 'email' | 'none';
  address: string | null;
  created_by: string | null;
  /** BCP 47, as the caller gave it. */
  locale: string | null;
  return_to: string | null;
  metadata_public: JsonValue;
  lifespan_ms: number;
  /** Milliseconds before the deadline. */
  reminders_ms: number[];
  /** Number of the newest mail that is to go out; 0 when there is none. */
  mails: number;
  mail_kind: 'invite' | 'reminder';
  created_at: Date;
  updated_at: Date;
  expires_at: Date;
}

const insert = statement<never>(
  'invite-insert',
  `INSERT INTO invites (id, identity_id, status, steps, flow_id, flow_type, method, delivery, address, created_by, locale,
     return_to, metadata_public, lifespan_ms, reminders_ms, mails, mail_kind, created_at, updated_at, expires_at)
   VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19, $20)`,
);

/** Inserts an invite. Fails on the index `invites_open_of_identity` when the person has another open one. */
export async function insertInvite(db: Queryable, invite: Invite): Promise<void> {
  await insert(db, [
    invite.id,
    invite.identity_id,
    invite.status,
    JSON.stringify(invite.steps),
    invite.flow_id,
    invite.flow_type,
    invite.method,
    invite.delivery,
    invite.address,
    invite.created_by,
    invite.locale,
    invite.return_to,
    invite.metadata_public === null ? null : JSON.stringify(invite.metadata_public),
    invite.lifespan_ms,
    invite.reminders_ms,
    invite.mails,
    invite.mail_kind,
    invite.created_at,
    invite.updated_at,
    invite.expires_at,
  ]);
}

const byId = statement<Invite>('invite-by-id', 'SELECT * FROM invites WHERE id = $1');
const byIdLocked = statement<Invite>('invite-by-id-locked', 'SELECT * FROM invites WHERE id = $1 FOR UPDATE');

/** The invite, or undefined. `lock` holds the row until the transaction ends. */
export async function getInvite(
  db: Queryable,
  id: string,
  options: { lock?: boolean } = {},
): Promise<Invite | undefined> {
  return (await (options.lock ? byIdLocked : byId)(db, [id]))[0];
}

const openOfIdentity = statement<Invite>(
  'invite-open-of-identity',
  `SELECT * FROM invites
   WHERE identity_id = $1 AND status IN ('pending', 'sent', 'delivered', 'failed', 'opened')
   FOR UPDATE`,
);

/** The identity's open invite, locked until the transaction ends; also one whose deadline nobody has noticed yet. */
export async function lockOpenInviteOf(db: Queryable, identityId: string): Promise<Invite | undefined> {
  return (await openOfIdentity(db, [identityId]))[0];
}

const update = statement<never>(
  'invite-update',
  `UPDATE invites SET status = $2, steps = $3, flow_id = $4, address = $5, mails = $6, mail_kind = $7, updated_at = $8,
     expires_at = $9
   WHERE id = $1`,
);

/** Writes a locked invite back. */
export async function saveInvite(db: Queryable, invite: Invite): Promise<void> {
  await update(db, [
    invite.id,
    invite.status,
    JSON.stringify(invite.steps),
    invite.flow_id,
    invite.address,
    invite.mails,
    invite.mail_kind,
    invite.updated_at,
    invite.expires_at,
  ]);
}

const remove = statement<never>('invite-delete', 'DELETE FROM invites WHERE id = $1');

/** Deletes an invite with its flows. */
export async function deleteInvite(db: Queryable, id: string): Promise<void> {
  await remove(db, [id]);
}

/** Takes the invite (in memory) where `event` leads. False, and nothing done, where the event means nothing. */
export function stepInvite(invite: Invite, event: InviteEvent, now: Date, by?: string): boolean {
  const status = INVITE_LIFECYCLE[invite.status][event];
  if (status === undefined) return false;
  invite.status = status;
  invite.steps = [...invite.steps, { status, at: now.toISOString(), ...(by !== undefined && { by }) }];
  invite.updated_at = now;
  return true;
}

/** How the invite stands at a time: a deadline holds as soon as it has come, whether or not a worker has noticed. */
export function statusAt(invite: Pick<Invite, 'status' | 'expires_at'>, now: Date): InviteStatus {
  return isOpen(invite.status) && invite.expires_at <= now ? 'expired' : invite.status;
}
