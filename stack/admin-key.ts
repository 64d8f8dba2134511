import { createHash, randomBytes } from 'node:crypto';

/** A new key for the admin API, and the digest of it that the configuration holds. */
export function makeAdminKey(): { key: string; sha256: string } {
  const key = `lk_admin_${randomBytes(32).toString('base64url')}`;
  return { key, sha256: createHash('sha256').update(key).digest('hex') };
}
