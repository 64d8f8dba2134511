import { createHash } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { loadConfig } from '../../platform/config/load.js';
import { makeAdminKey } from '../../stack/admin-key.js';

describe('makeAdminKey', () => {
  it('makes a key of 256 random bits and the digest that the configuration takes', () => {
    const { key, sha256 } = makeAdminKey();
    expect(key).toMatch(/^lk_admin_[A-Za-z0-9_-]{43}$/);
    expect(sha256).toBe(createHash('sha256').update(key).digest('hex'));
    const env = { SECRETS_DEFAULT: 'a-secret-of-some-length', ADMIN_API_KEYS: `ci:${sha256}` };
    expect(loadConfig({ env }).config.adminApi.keys).toEqual([{ id: 'ci', sha256 }]);
  });

  it('makes another one each time', () => {
    expect(makeAdminKey().key).not.toBe(makeAdminKey().key);
  });
});
