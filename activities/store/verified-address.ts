import { statement } from './statement.js';
import type { Queryable } from './statement.js';

const mark = statement<never>(
  'verified-address-mark',
  `UPDATE verifiable_addresses SET verified = true, status = 'completed', verified_at = $3, updated_at = $3
   WHERE identity_id = $1 AND value = $2 AND NOT verified`,
);

/** Marks the identity's address verified: a code mailed to it came back. */
export async function markAddressVerified(db: Queryable, identityId: string, value: string, now: Date): Promise<void> {
  await mark(db, [identityId, value, now]);
}
