import { statement } from './statement.js';
import type { Queryable } from './statement.js';

const emptyPassword = statement<never>(
  'planted-password-empty',
  `UPDATE credentials SET config = '{}', updated_at = $2 WHERE identity_id = $1 AND type = 'password'`,
);
const removeOthers = statement<never>(
  'planted-credentials-remove',
  `DELETE FROM credentials WHERE identity_id = $1 AND type <> 'password'`,
);

/** Takes every way to sign in from the identity but its login names: whoever set them never proved to own its address. */
export async function removeCredentials(db: Queryable, identityId: string, now: Date): Promise<void> {
  await emptyPassword(db, [identityId, now]);
  await removeOthers(db, [identityId]);
}

const verified = statement<{ verified: boolean }>(
  'address-is-verified',
  'SELECT verified FROM verifiable_addresses WHERE identity_id = $1 AND value = $2',
);

/** True when the identity has proved to own the address. */
export async function isAddressVerified(db: Queryable, identityId: string, address: string): Promise<boolean> {
  return (await verified(db, [identityId, address]))[0]?.verified ?? false;
}
