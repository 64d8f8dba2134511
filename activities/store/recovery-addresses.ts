import { statement } from './statement.js';
import type { Queryable } from './statement.js';

/** A stored address that recovery messages go to. */
export interface RecoveryAddress {
  identity_id: string;
  via: 'email' | 'sms';
  value: string;
}

const byValue = statement<RecoveryAddress>(
  'recovery-address-by-value',
  'SELECT identity_id, via, value FROM recovery_addresses WHERE via = $1 AND value = $2',
);

/** The stored address that equals `value` exactly; callers normalise first. A look-alike matches nobody. */
export async function findRecoveryAddress(
  db: Queryable,
  via: 'email' | 'sms',
  value: string,
): Promise<RecoveryAddress | undefined> {
  return (await byValue(db, [via, value]))[0];
}

const emailsOf = statement<{ value: string }>(
  'identity-emails',
  `SELECT value FROM recovery_addresses WHERE identity_id = $1 AND via = 'email'
   UNION SELECT value FROM verifiable_addresses WHERE identity_id = $1 AND via = 'email' ORDER BY 1`,
);

/** Every e-mail address of the identity, for notices. */
export async function emailAddressesOf(db: Queryable, identityId: string): Promise<string[]> {
  return (await emailsOf(db, [identityId])).map((row) => row.value);
}
