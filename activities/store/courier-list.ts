import type { CourierMessage } from './courier-messages.js';
import { statement } from './statement.js';
import type { Queryable } from './statement.js';

/** The states of a message, as Kratos names them. */
export const MESSAGE_STATES = ['queued', 'processing', 'sent', 'abandoned'] as const;
export type MessageState = (typeof MESSAGE_STATES)[number];

/** The place of a message in the list of all, newest first. */
export type MessagePlace = Pick<CourierMessage, 'created_at' | 'id'>;

const newest = statement<CourierMessage>(
  'courier-messages-newest',
  `SELECT * FROM courier_messages
   WHERE ($1::text IS NULL OR status = $1) AND ($2::text IS NULL OR recipient = $2)
     AND ($3::timestamptz IS NULL OR (created_at, id) < ($3, $4::uuid))
   ORDER BY created_at DESC, id DESC LIMIT $5`,
);

/** Messages that fit, newest first, `limit` at most, those behind `after`. `next` is where the next page begins. */
export async function listMessages(
  db: Queryable,
  filter: { status: MessageState | null; recipient: string | null },
  page: { after: MessagePlace | null; limit: number },
): Promise<{ items: CourierMessage[]; next?: MessagePlace }> {
  const values = [
    filter.status,
    filter.recipient,
    page.after?.created_at ?? null,
    page.after?.id ?? null,
    page.limit + 1,
  ];
  const rows = await newest(db, values);
  const items = rows.slice(0, page.limit);
  const last = rows.length > page.limit ? items.at(-1) : undefined;
  return last === undefined ? { items } : { items, next: last };
}

const byId = statement<CourierMessage>('courier-message-by-id', 'SELECT * FROM courier_messages WHERE id = $1');

/** The message, or undefined. */
export async function getMessage(db: Queryable, id: string): Promise<CourierMessage | undefined> {
  return (await byId(db, [id]))[0];
}

/** A row of `courier_dispatches`: one try to deliver a message. */
export interface CourierDispatch {
  id: string;
  message_id: string;
  status: 'success' | 'failed';
  /** The server's reply code, or a short name of the failure. */
  reply: string | null;
  created_at: Date;
}

const ofMessage = statement<CourierDispatch>(
  'courier-dispatches-of-message',
  'SELECT * FROM courier_dispatches WHERE message_id = $1 ORDER BY created_at DESC, id LIMIT 500',
);

/** The tries to deliver a message, newest first. */
export async function listDispatches(db: Queryable, messageId: string): Promise<CourierDispatch[]> {
  return ofMessage(db, [messageId]);
}
