import { createHash, randomBytes } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Harness } from '../../support/harness.js';
import { startHarness } from '../../support/harness.js';
import { noteSecret } from '../../support/leftovers.js';

const key = `lk_admin_${randomBytes(32).toString('base64url')}`;
noteSecret('token', key);

let harness: Harness;
beforeAll(async () => {
  const sha256 = createHash('sha256').update(key).digest('hex');
  harness = await startHarness({ workers: false, config: { admin_api: { keys: [{ id: 'ops', sha256 }] } } });
});
afterAll(() => harness.stop());

describe('the admin port with keys configured', () => {
  it.each(['/admin/identities', '/identities', '/admin/recovery/code', '/admin/nowhere'])(
    'refuses %s without a key, with a wrong one, and with one of another scheme',
    async (path) => {
      for (const authorization of [undefined, 'Bearer wrong', `Basic ${key}`, 'Bearer', `Bearer ${key}x`]) {
        const answer = await harness.admin('GET', path, { headers: { ...(authorization && { authorization }) } });
        expect(answer.status).toBe(401);
        expect(answer.json.error.reason).toContain('Authorization');
      }
    },
  );

  it('takes the key', async () => {
    const answer = await harness.admin('GET', '/admin/identities', { headers: { authorization: `Bearer ${key}` } });
    expect(answer.status).toBe(200);
    expect(answer.json).toEqual([]);
  });

  it('writes nothing for a refused request', async () => {
    const refused = await harness.admin('POST', '/admin/identities', { body: { traits: { email: 'a@example.test' } } });
    expect(refused.status).toBe(401);
    const { rows } = await harness.pool.query('SELECT count(*)::int AS people FROM identities');
    expect(rows).toEqual([{ people: 0 }]);
  });

  it('tells without a key whether it is alive', async () => {
    expect((await harness.admin('GET', '/health/alive')).status).toBe(200);
    expect((await harness.admin('GET', '/admin/health/alive')).status).toBe(200);
  });
});
