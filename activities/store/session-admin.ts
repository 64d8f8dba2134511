import type { Session } from './sessions.js';
import { statement } from './statement.js';
import type { Queryable } from './statement.js';

const byId = statement<Session>('session-by-id', 'SELECT * FROM sessions WHERE id = $1 AND token_digest IS NOT NULL');

/** A session that somebody holds, live or over; undefined when there is none under this id. */
export async function getSession(db: Queryable, id: string): Promise<Session | undefined> {
  const [row] = await byId(db, [id]);
  return row;
}

const newest = statement<Session>(
  'sessions-newest',
  `SELECT * FROM sessions
   WHERE token_digest IS NOT NULL AND ($1::boolean IS NULL OR (active AND expires_at > $2) = $1)
     AND ($3::timestamptz IS NULL OR (issued_at, id) < ($3, $4::uuid))
   ORDER BY issued_at DESC, id DESC LIMIT $5`,
);

/** The place of a session in the list of all: the next page starts behind it, even when that session has gone. */
export type SessionPlace = Pick<Session, 'issued_at' | 'id'>;

/**
 * All sessions that somebody holds, newest first, `limit` at most, those behind `after`. `active` narrows the list to
 * live ones, or to those that are over.
 */
export async function listAllSessions(
  db: Queryable,
  filter: { active: boolean | null; now: Date },
  page: { after: SessionPlace | null; limit: number },
): Promise<{ items: Session[]; next?: SessionPlace }> {
  const values = [filter.active, filter.now, page.after?.issued_at ?? null, page.after?.id ?? null, page.limit + 1];
  const rows = await newest(db, values);
  const items = rows.slice(0, page.limit);
  const next = rows.length > page.limit ? items.at(-1) : undefined;
  return next === undefined ? { items } : { items, next };
}

const deleteOfIdentity = statement<{ id: string }>(
  'sessions-delete-of-identity',
  'DELETE FROM sessions WHERE identity_id = $1 RETURNING id',
);

/** Deletes every session of the identity, also those that nobody has claimed yet. Returns how many there were. */
export async function deleteSessions(db: Queryable, identityId: string): Promise<number> {
  return (await deleteOfIdentity(db, [identityId])).length;
}
