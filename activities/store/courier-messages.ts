import { randomUUID } from 'node:crypto';
import { viaOf } from '../../platform/addresses.js';
import type { Via } from '../../platform/addresses.js';
import { statement } from './statement.js';
import type { Queryable } from './statement.js';

/** The messages that this service sends, by Kratos' template names where it has one. */
export const TEMPLATE_TYPES = [
  'recovery_code_valid',
  'recovery_code_invalid',
  'recovery_valid',
  'recovery_invalid',
  'recovery_notice',
  'verification_code_valid',
  'verification_code_invalid',
  'verification_valid',
  'verification_invalid',
  'credential_notice',
  'invite',
  'invite_reminder',
  'invite_notice',
  'machine_key_expiring',
] as const;
export type TemplateType = (typeof TEMPLATE_TYPES)[number];

/** A row of `courier_messages`: that a mail is to go out and how far it got. Never what it says. */
export interface CourierMessage {
  id: string;
  flow_id: string | null;
  identity_id: string | null;
  template_type: TemplateType;
  channel: Via;
  recipient: string;
  status: 'queued' | 'processing' | 'sent' | 'abandoned';
  send_count: number;
  created_at: Date;
  updated_at: Date;
}

const begin = statement<CourierMessage>(
  'courier-message-begin',
  `INSERT INTO courier_messages (id, flow_id, identity_id, dedup_key, template_type, recipient, channel, status,
     created_at, updated_at)
   VALUES ($1, $2, $3, $4, $5, $6, $8, 'processing', $7, $7)
   ON CONFLICT (dedup_key) DO UPDATE SET updated_at = $7,
     status = CASE courier_messages.status WHEN 'queued' THEN 'processing' ELSE courier_messages.status END
   RETURNING *`,
);

/** The message of this key, made on first asking. `status` says whether it still has to be sent. */
export async function beginMessage(
  db: Queryable,
  message: {
    dedupKey: string;
    flowId: string;
    identityId: string | null;
    template: TemplateType;
    recipient: string;
    now: Date;
  },
): Promise<CourierMessage> {
  const { dedupKey, flowId, identityId, template, recipient, now } = message;
  const [row] = await begin(db, [
    randomUUID(),
    flowId,
    identityId,
    dedupKey,
    template,
    recipient,
    now,
    viaOf(recipient),
  ]);
  if (!row) throw new Error('the message row was neither made nor found');
  return row;
}

const setStatus = statement<never>(
  'courier-message-status',
  `WITH tried AS (
     UPDATE courier_messages SET status = $2, smtp_reply = $3, updated_at = $4, send_count = send_count + 1
     WHERE id = $1 RETURNING id
   )
   INSERT INTO courier_dispatches (id, message_id, status, reply, created_at)
   SELECT $5, id, $6, $3, $4 FROM tried`,
);

/**
 * Records one try: `sent`, `queued` (to be tried again) or `abandoned`. `reply` is the server's code, such as `451`,
 * without its text, which may quote the address.
 */
export async function recordTry(
  db: Queryable,
  id: string,
  status: 'sent' | 'queued' | 'abandoned',
  reply: string | null,
  now: Date,
): Promise<void> {
  await setStatus(db, [id, status, reply, now, randomUUID(), status === 'sent' ? 'success' : 'failed']);
}

const abandonWaiting = statement<never>(
  'courier-message-abandon-waiting',
  `UPDATE courier_messages SET status = 'abandoned'
   WHERE flow_id = $1 AND status IN ('queued', 'processing') AND template_type NOT LIKE '%notice'`,
);

/** Gives up a flow's unsent codes: the flow has ended, they would open nothing. */
export async function abandonWaitingMessages(db: Queryable, flowId: string): Promise<void> {
  await abandonWaiting(db, [flowId]);
}

const giveUp = statement<never>(
  'courier-message-give-up',
  `UPDATE courier_messages SET status = 'abandoned' WHERE flow_id = $1 AND status IN ('queued', 'processing')`,
);

/** Gives up all unsent messages of a flow or notice, notices too: they were tried for days. */
export async function giveUpMessages(db: Queryable, flowId: string): Promise<void> {
  await giveUp(db, [flowId]);
}
