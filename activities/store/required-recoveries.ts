import { statement } from './statement.js';
import type { Queryable } from './statement.js';

const withhold = statement<never>(
  'credential-withhold-password',
  `UPDATE credentials SET updated_at = $2,
     config = (config - 'hashed_password')
       || jsonb_build_object('withheld_password', config -> 'hashed_password', 'recovery_required_at', $2::timestamptz)
   WHERE identity_id = $1 AND type = 'password' AND config ? 'hashed_password'`,
);
const revokeAll = statement<never>(
  'sessions-revoke-all',
  'UPDATE sessions SET active = false WHERE identity_id = $1 AND active',
);

/**
 * Ends every session of a person and takes their password out of use: it signs in nobody until a new one is set. The hash
 * is kept beside, where nothing looks for it.
 */
export async function requireRecovery(db: Queryable, identityId: string, now: Date): Promise<void> {
  await withhold(db, [identityId, now]);
  await revokeAll(db, [identityId]);
}
