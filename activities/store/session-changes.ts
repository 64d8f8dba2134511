import type { Session } from './sessions.js';
import { statement } from './statement.js';
import type { Queryable } from './statement.js';

const extend = statement<Session>(
  'session-extend',
  `UPDATE sessions SET expires_at = greatest(expires_at, $3)
   WHERE id = $1 AND active AND expires_at > $2 AND expires_at <= $4
   RETURNING *`,
);

/**
 * Lets a live session go on until `until`, if it ends before `endsBefore`. Undefined when nothing was extended: it has
 * more time left than that, is over, or never was.
 */
export async function extendSession(
  db: Queryable,
  id: string,
  wanted: { now: Date; until: Date; endsBefore: Date },
): Promise<Session | undefined> {
  return (await extend(db, [id, wanted.now, wanted.until, wanted.endsBefore]))[0];
}

const revokeOwn = statement<{ id: string }>(
  'session-revoke-own',
  'UPDATE sessions SET active = false WHERE id = $1 AND identity_id = $2 RETURNING id',
);

/** Ends one session of the identity, also one that has ended already. False when it has none with this id. */
export async function revokeSessionOf(db: Queryable, identityId: string, id: string): Promise<boolean> {
  return (await revokeOwn(db, [id, identityId])).length > 0;
}
