import { createHash, randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Harness } from '../../support/harness.js';
import { startHarness } from '../../support/harness.js';
import { asMachine, bearer, createKey, createMachine, shownKey } from '../../support/machines.js';

const HOUR = 3_600_000;
const DAY = 24 * HOUR;
const SECRET = /^lk_machine_[\w-]{43}$/;

let harness: Harness;
beforeAll(async () => void (harness = await startHarness({ workers: false })));
afterAll(() => harness.stop());

const keysPath = (machine: string): string => `/admin/machines/${machine}/keys`;

describe('keys', () => {
  it('show their secret once, and in the database only its digest', async () => {
    const id = await createMachine(harness);
    const answer = await harness.admin('POST', keysPath(id), { body: { name: 'deploy', expires_in: '2160h' } });
    expect(answer.status).toBe(201);
    const secret = answer.json.secret as string;
    expect(secret).toMatch(SECRET);
    expect(answer.json).toMatchObject({
      machine_id: id,
      name: 'deploy',
      prefix: secret.slice(0, 17),
      scopes: ['identities:read'],
      state: 'active',
      replaces: null,
      revoked_at: null,
      last_used_at: null,
    });
    expect(Date.parse(answer.json.expires_at as string) - Date.parse(answer.json.created_at as string)).toBe(90 * DAY);
    const { secret: _secret, ...rest } = answer.json as Record<string, unknown>;
    const list = await harness.admin('GET', keysPath(id));
    expect(list.json).toEqual([rest]);
    expect(list.headers.get('x-total-count')).toBe('1');
    const { rows } = await harness.pool.query('SELECT * FROM machine_keys WHERE machine_id = $1', [id]);
    expect(rows[0].digest).toEqual(createHash('sha256').update(secret).digest());
    expect(JSON.stringify(rows)).not.toContain(secret.slice(17));
  });

  it('open the admin API, and the hour of their use is recorded', async () => {
    const id = await createMachine(harness);
    const key = await createKey(harness, id);
    expect((await asMachine(harness, key.secret, 'GET', '/admin/identities')).status).toBe(200);
    expect((await shownKey(harness, id, key.id)).last_used_at).toEqual(expect.any(String));
  });

  it('have at most what their machine may have', async () => {
    const id = await createMachine(harness, ['identities:read', 'sessions:read']);
    const narrow = await harness.admin('POST', keysPath(id), { body: { scopes: ['sessions:read'] } });
    expect(narrow.json.scopes).toEqual(['sessions:read']);
    const wide = await harness.admin('POST', keysPath(id), { body: { scopes: ['identities:write'] } });
    expect(wide.status).toBe(400);
    expect(wide.json.error.reason).toContain('identities:write');
    const all = await createMachine(harness, ['*']);
    const some = await harness.admin('POST', keysPath(all), { body: { scopes: ['recovery:write'] } });
    expect(some.json.scopes).toEqual(['recovery:write']);
  });

  it.each([
    [{ expires_in: 'soon' }, 'expires_in'],
    [{ expires_in: '59s' }, 'at least one minute'],
    [{ expires_in: '87601h' }, 'at most ten years'],
    [{ expires_in: '-1h' }, 'expires_in'],
    [{ scopes: [] }, 'scopes'],
    [{ secret: 'mine' }, 'secret'],
  ])('are not made of %j', async (body, words) => {
    const answer = await harness.admin('POST', keysPath(await createMachine(harness)), { body });
    expect(answer.status).toBe(400);
    expect(answer.json.error.reason).toContain(words);
  });

  it('are refused when revoked, at once, and may be revoked again', async () => {
    const id = await createMachine(harness);
    const key = await createKey(harness, id, { expires_in: '24h' });
    for (let round = 0; round < 2; round += 1) {
      expect((await harness.admin('DELETE', `${keysPath(id)}/${key.id}`)).status).toBe(204);
    }
    const refused = await asMachine(harness, key.secret, 'GET', '/admin/identities');
    expect(refused.status).toBe(401);
    expect(refused.headers.get('www-authenticate')).toBe('Bearer');
    expect(refused.json.error.reason).toContain('revoked');
    expect(await shownKey(harness, id, key.id)).toMatchObject({ state: 'revoked', revoked_at: expect.any(String) });
  });

  it('are refused when their machine is disabled, and gone when it is deleted', async () => {
    const id = await createMachine(harness);
    const key = await createKey(harness, id);
    const state = async (value: string): Promise<void> => {
      const answer = await harness.admin('PATCH', `/admin/identities/${id}`, {
        body: [{ op: 'replace', path: '/state', value }],
      });
      expect(answer.status).toBe(200);
    };
    const status = async (): Promise<number> =>
      (await asMachine(harness, key.secret, 'GET', '/admin/identities')).status;
    await state('inactive');
    expect(await status()).toBe(401);
    await state('active');
    expect(await status()).toBe(200);
    await harness.admin('DELETE', `/admin/machines/${id}`);
    expect(await status()).toBe(401);
  });

  it('do not belong to another machine', async () => {
    const key = await createKey(harness, await createMachine(harness));
    const other = await createMachine(harness);
    expect((await harness.admin('DELETE', `${keysPath(other)}/${key.id}`)).status).toBe(404);
    expect((await harness.admin('POST', `${keysPath(other)}/${key.id}/rotate`, { body: {} })).status).toBe(404);
    expect((await asMachine(harness, key.secret, 'GET', '/admin/identities')).status).toBe(200);
  });
});

describe('rotation', () => {
  it('gives a new key at once and lets the old one go on for the overlap', async () => {
    const id = await createMachine(harness, ['identities:read', 'sessions:read']);
    const old = await createKey(harness, id, { name: 'deploy', scopes: ['identities:read'], expires_in: '720h' });
    const answer = await harness.admin('POST', `${keysPath(id)}/${old.id}/rotate`, { body: { overlap: '2h' } });
    expect(answer.status).toBe(201);
    const next = answer.json as Record<string, any>;
    expect(next).toMatchObject({ name: 'deploy', scopes: ['identities:read'], replaces: old.id, state: 'active' });
    expect(next.secret).toMatch(SECRET);
    expect(next.secret).not.toBe(old.secret);
    expect(Date.parse(next.expires_at) - Date.parse(next.created_at)).toBe(30 * DAY);
    const shown = await shownKey(harness, id, old.id);
    expect(shown.state).toBe('retiring');
    expect(Date.parse(shown.expires_at) - Date.parse(next.created_at)).toBe(2 * HOUR);
    for (const secret of [old.secret, next.secret as string]) {
      expect((await asMachine(harness, secret, 'GET', '/admin/identities')).status).toBe(200);
    }
    expect((await harness.admin('POST', `${keysPath(id)}/${old.id}/rotate`, { body: {} })).status).toBe(409);
  });

  it('takes a day when no overlap is given, none when it is zero, and a new life when asked', async () => {
    const id = await createMachine(harness);
    const endless = await createKey(harness, id);
    const day = await harness.admin('POST', `${keysPath(id)}/${endless.id}/rotate`);
    expect(day.json.expires_at).toBeNull();
    const shown = await shownKey(harness, id, endless.id);
    expect(Date.parse(shown.expires_at) - Date.parse(day.json.created_at as string)).toBe(DAY);
    const body = { overlap: '0s', expires_in: '48h' };
    const none = await harness.admin('POST', `${keysPath(id)}/${day.json.id as string}/rotate`, { body });
    expect(Date.parse(none.json.expires_at as string) - Date.parse(none.json.created_at as string)).toBe(2 * DAY);
    expect((await asMachine(harness, day.json.secret as string, 'GET', '/identities')).status).toBe(401);
    const long = await harness.admin('POST', `${keysPath(id)}/${none.json.id as string}/rotate`, {
      body: { overlap: '721h' },
    });
    expect(long.status).toBe(400);
  });

  it('can be cut short by revoking the old key', async () => {
    const id = await createMachine(harness);
    const old = await createKey(harness, id);
    await harness.admin('POST', `${keysPath(id)}/${old.id}/rotate`, { body: {} });
    expect((await harness.admin('DELETE', `${keysPath(id)}/${old.id}`)).status).toBe(204);
    expect((await asMachine(harness, old.secret, 'GET', '/identities')).status).toBe(401);
  });

  it('of two at once succeeds for one', async () => {
    const id = await createMachine(harness);
    const old = await createKey(harness, id, { expires_in: '24h' });
    const rotate = () => harness.admin('POST', `${keysPath(id)}/${old.id}/rotate`, { body: {} });
    const answers = await Promise.all([rotate(), rotate(), rotate()]);
    expect(answers.map((answer) => answer.status).sort()).toEqual([201, 409, 409]);
  });
});

describe('a request for a key with an Idempotency-Key', () => {
  it('shows the same secret again, until the key is used', async () => {
    const id = await createMachine(harness);
    const sent = { body: { name: 'k', expires_in: '24h' }, headers: { 'idempotency-key': randomUUID() } };
    const first = await harness.admin('POST', keysPath(id), sent);
    const second = await harness.admin('POST', keysPath(id), sent);
    expect([first.status, second.status]).toEqual([201, 201]);
    expect(second.json).toEqual(first.json);
    expect((await harness.admin('GET', keysPath(id))).json).toHaveLength(1);
    expect((await harness.admin('POST', keysPath(id), { ...sent, body: { name: 'other' } })).status).toBe(422);
    expect((await asMachine(harness, first.json.secret as string, 'GET', '/identities')).status).toBe(200);
    const third = await harness.admin('POST', keysPath(id), sent);
    expect(third.status).toBe(410);
    expect(third.text).not.toContain(first.json.secret);
  });

  it('rotates once', async () => {
    const id = await createMachine(harness);
    const old = await createKey(harness, id);
    const sent = { body: {}, headers: { 'idempotency-key': randomUUID() } };
    const path = `${keysPath(id)}/${old.id}/rotate`;
    const answers = await Promise.all([harness.admin('POST', path, sent), harness.admin('POST', path, sent)]);
    expect(answers.map((answer) => answer.status)).toEqual([201, 201]);
    expect(answers[1]?.json).toEqual(answers[0]?.json);
    expect((await harness.admin('GET', keysPath(id))).json).toHaveLength(2);
  });

  it('shows nothing to another caller, nor once the key is revoked', async () => {
    const id = await createMachine(harness, ['machines:write']);
    const caller = await createKey(harness, id);
    const sent = { body: {}, headers: { 'idempotency-key': randomUUID() } };
    const first = await harness.admin('POST', keysPath(id), sent);
    const other = await harness.admin('POST', keysPath(id), {
      ...sent,
      headers: { ...sent.headers, ...bearer(caller.secret) },
    });
    expect(other.status).toBe(201);
    expect(other.json.secret).not.toBe(first.json.secret);
    await harness.admin('DELETE', `${keysPath(id)}/${first.json.id as string}`);
    expect((await harness.admin('POST', keysPath(id), sent)).status).toBe(410);
  });
});
