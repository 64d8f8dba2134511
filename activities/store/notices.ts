import { statement } from './statement.js';
import type { Queryable } from './statement.js';

/** What an account's owner is told that somebody changed. */
export type NoticeKind =
  'password_changed' | 'totp_added' | 'totp_removed' | 'lookup_secrets_made' | 'lookup_secrets_removed';

/** A row of `notices`. */
export interface Notice {
  id: string;
  identity_id: string;
  kind: NoticeKind;
  happened_at: Date;
}

const insert = statement<never>(
  'notice-insert',
  'INSERT INTO notices (id, identity_id, kind, happened_at) VALUES ($1, $2, $3, $4)',
);

/** Writes down what changed, in the transaction that changes it. */
export async function insertNotice(db: Queryable, notice: Notice): Promise<void> {
  await insert(db, [notice.id, notice.identity_id, notice.kind, notice.happened_at]);
}

const byId = statement<Notice>('notice-by-id', 'SELECT * FROM notices WHERE id = $1');

/** The notice, or undefined: the change did not happen (yet), or the account is gone. */
export async function getNotice(db: Queryable, id: string): Promise<Notice | undefined> {
  return (await byId(db, [id]))[0];
}
