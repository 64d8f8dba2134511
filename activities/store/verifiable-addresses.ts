import { statement } from './statement.js';
import type { Queryable } from './statement.js';

/** A stored address that its owner can prove to be theirs. */
export interface StoredVerifiableAddress {
  identity_id: string;
  via: 'email' | 'sms';
  value: string;
}

const byValue = statement<StoredVerifiableAddress>(
  'verifiable-address-by-value',
  'SELECT identity_id, via, value FROM verifiable_addresses WHERE via = $1 AND value = $2',
);

/** The stored address that equals `value` exactly; callers normalise first. A look-alike matches nobody. */
export async function findVerifiableAddress(
  db: Queryable,
  via: 'email' | 'sms',
  value: string,
): Promise<StoredVerifiableAddress | undefined> {
  return (await byValue(db, [via, value]))[0];
}

const sent = statement<never>(
  'verifiable-address-sent',
  `UPDATE verifiable_addresses SET status = 'sent', updated_at = $3
   WHERE identity_id = $1 AND value = $2 AND status = 'pending'`,
);

/** Notes that a code was sent to the identity's address, as administrators see it. */
export async function markAddressSent(db: Queryable, identityId: string, value: string, now: Date): Promise<void> {
  await sent(db, [identityId, value, now]);
}

const mark = statement<never>(
  'verifiable-address-verified',
  `UPDATE verifiable_addresses SET verified = true, status = 'completed', verified_at = $3, updated_at = $3
   WHERE identity_id = $1 AND value = $2 AND NOT verified`,
);

/** Marks the identity's address verified: a code sent to it came back. */
export async function markAddressVerified(db: Queryable, identityId: string, value: string, now: Date): Promise<void> {
  await mark(db, [identityId, value, now]);
}
