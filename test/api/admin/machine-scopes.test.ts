import { createHash, randomBytes } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Harness } from '../../support/harness.js';
import { startHarness } from '../../support/harness.js';
import { noteSecret } from '../../support/leftovers.js';
import { asMachine, bearer, createKey, createMachine, shownKey } from '../../support/machines.js';
import { createPerson } from '../../support/story.js';

const HOUR = 3_600_000;

let harness: Harness;
beforeAll(async () => void (harness = await startHarness({ workers: false })));
afterAll(() => harness.stop());

const keysPath = (machine: string): string => `/admin/machines/${machine}/keys`;

describe('scopes', () => {
  it('are asked for even while the port is open, and named when they are missing', async () => {
    const key = await createKey(harness, await createMachine(harness, ['identities:read']));
    const write = await asMachine(harness, key.secret, 'POST', '/admin/identities', { traits: {} });
    expect(write.status).toBe(403);
    expect(write.json.error.reason).toBe('This key lacks the scope "identities:write".');
    expect(
      (await harness.admin('GET', '/admin/identities', { headers: bearer(`lk_machine_${'x'.repeat(43)}`) })).status,
    ).toBe(401);
    // Something that is not a machine's key is nobody's business on an open port, as before.
    expect((await harness.admin('GET', '/admin/identities', { headers: bearer('of-another-system') })).status).toBe(
      200,
    );
  });

  it('cannot be given away by who has not got them', async () => {
    const keeper = await createKey(harness, await createMachine(harness, ['machines:write']));
    const call = (path: string, body: unknown) => asMachine(harness, keeper.secret, 'POST', path, body);
    const refused = await call('/admin/machines', { name: 'me', scopes: ['machines:write', 'recovery:write'] });
    expect(refused.status).toBe(403);
    expect(refused.json.error.reason).toContain('"recovery:write"');
    expect((await call('/admin/machines', { name: 'me', scopes: ['*'] })).status).toBe(403);
    expect((await call('/admin/machines', { name: 'me', scopes: ['machines:write'] })).status).toBe(201);

    const strong = await createMachine(harness, ['*']);
    const strongKey = await createKey(harness, strong);
    expect((await call(keysPath(strong), {})).status).toBe(403);
    expect((await call(keysPath(strong), { scopes: ['machines:write'] })).status).toBe(201);
    expect((await call(`${keysPath(strong)}/${strongKey.id}/rotate`, {})).status).toBe(403);
    expect(await shownKey(harness, strong, strongKey.id)).toMatchObject({ state: 'active' });
  });

  it('of reading people do not show the hashes of their passwords', async () => {
    const person = await createPerson(harness, 'a-long-password-1');
    const reader = await createKey(harness, await createMachine(harness, ['identities:read']));
    const writer = await createKey(harness, await createMachine(harness, ['identities:write']));
    for (const path of [`/admin/identities/${person.id}`, '/identities']) {
      expect((await asMachine(harness, reader.secret, 'GET', `${path}?include_credential=password`)).status).toBe(403);
      expect((await asMachine(harness, writer.secret, 'GET', `${path}?include_credential=password`)).status).toBe(200);
      expect((await asMachine(harness, reader.secret, 'GET', path)).status).toBe(200);
    }
  });
});

describe('a port that asks for keys', () => {
  const rootKey = `lk_admin_${randomBytes(32).toString('base64url')}`;
  noteSecret('token', rootKey);
  const root = bearer(rootKey);
  let closed: Harness;
  beforeAll(async () => {
    const sha256 = createHash('sha256').update(rootKey).digest('hex');
    closed = await startHarness({ workers: false, config: { admin_api: { keys: [{ id: 'ops', sha256 }] } } });
  });
  afterAll(() => closed.stop());

  it('takes the key of a machine for what it is allowed, and the configured one for everything', async () => {
    const id = await createMachine(closed, ['identities:read'], root);
    const key = await createKey(closed, id, {}, root);
    expect((await asMachine(closed, key.secret, 'GET', '/admin/identities')).status).toBe(200);
    expect((await asMachine(closed, key.secret, 'GET', '/admin/sessions')).status).toBe(403);
    expect((await asMachine(closed, key.secret, 'GET', '/admin/version')).status).toBe(200);
    expect((await asMachine(closed, key.secret, 'GET', '/admin/nowhere')).status).toBe(404);
    expect((await closed.admin('GET', '/admin/machines', { headers: root })).status).toBe(200);
    expect((await closed.admin('GET', '/admin/machines')).status).toBe(401);
    expect((await closed.admin('GET', '/admin/machines', { headers: bearer(`${key.secret}x`) })).status).toBe(401);
  });

  it('refuses an expired key although no worker has marked it', async () => {
    const id = await createMachine(closed, ['identities:read'], root);
    const key = await createKey(closed, id, { expires_in: '1h' }, root);
    closed.clock.ahead = HOUR;
    try {
      const refused = await asMachine(closed, key.secret, 'GET', '/admin/identities');
      expect(refused.status).toBe(401);
      expect(refused.json.error.reason).toContain('expired');
      const { rows } = await closed.pool.query('SELECT outcome FROM machine_keys WHERE id = $1', [key.id]);
      expect(rows).toEqual([{ outcome: null }]);
    } finally {
      closed.clock.ahead = 0;
    }
  });
});
