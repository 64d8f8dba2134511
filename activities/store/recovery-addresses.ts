import type { Via } from '../../platform/addresses.js';
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

const addressesOf = statement<{ value: string }>(
  'identity-addresses',
  `SELECT value FROM recovery_addresses WHERE identity_id = $1 AND via = ANY($2)
   UNION SELECT value FROM verifiable_addresses WHERE identity_id = $1 AND via = ANY($2) ORDER BY 1`,
);

/** Every address of the identity that can be reached by one of `vias`, for notices. */
export async function addressesFor(db: Queryable, identityId: string, vias: readonly Via[]): Promise<string[]> {
  return (await addressesOf(db, [identityId, vias])).map((row) => row.value);
}

/** Every e-mail address of the identity, for notices. */
export async function emailAddressesOf(db: Queryable, identityId: string): Promise<string[]> {
  return addressesFor(db, identityId, ['email']);
}
