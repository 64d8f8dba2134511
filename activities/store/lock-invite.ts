import type { ActivityDeps } from '../flow-steps.js';
import { attemptSubject } from '../attempt-subject.js';
import { lockAttemptCounter } from './attempt-counters.js';
import { getInvite } from './invites.js';
import type { Invite } from './invites.js';
import type { Queryable } from './statement.js';

/** What changing an invite needs. */
export type InviteDeps = Pick<ActivityDeps, 'config' | 'keys' | 'now'>;

/**
 * Holds whatever decides about a person's way in until the transaction ends: judging a code locks this first too, so
 * that codes, invites and new credentials of one person take turns and never wait for each other in a circle.
 */
export async function lockPerson(
  db: Queryable,
  deps: Pick<InviteDeps, 'keys'>,
  identityId: string,
  now: Date,
): Promise<void> {
  await lockAttemptCounter(db, attemptSubject({ identity_id: identityId, address: null }, deps.keys, 'recovery'), now);
}

/** The invite, and its person, locked until the transaction ends; undefined when there is none. */
export async function lockInvite(db: Queryable, deps: InviteDeps, id: string): Promise<Invite | undefined> {
  const seen = await getInvite(db, id);
  if (!seen) return undefined;
  await lockPerson(db, deps, seen.identity_id, new Date(deps.now()));
  return getInvite(db, id, { lock: true });
}
